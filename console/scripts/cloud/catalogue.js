import { Poll } from "../polling.js";

const PAGE = 100;

/** What there is to choose from: endpoints, models, what an endpoint can do. It keeps itself fresh. */
export class Catalogue extends EventTarget {
  endpoints = [];
  models = [];
  capabilities = null;
  /** Whether the lists mean anything: an answer has come. */
  looked = false;
  #seen = "";

  /** @param {import("../api.js").Api} api */
  constructor(api) {
    super();
    this.api = api;
    this.poll = new Poll(() => this.#look(), { least: 4_000, most: 30_000 });
  }

  start() {
    return this.poll.start();
  }

  /** Look again now. */
  refresh() {
    return this.poll.now();
  }

  /**
   * @param {string} type
   * @returns {any[]} models of that type
   */
  of(type) {
    return this.models.filter((model) => model.type === type);
  }

  async #look() {
    const [capabilities, { endpoints }, models] = await Promise.all([
      this.capabilities ?? this.api.get("/capabilities"),
      this.api.get("/endpoints"),
      this.#allModels(),
    ]);
    this.capabilities = capabilities;
    const seen = JSON.stringify([endpoints, models]);
    if (seen === this.#seen) return false;
    Object.assign(this, { endpoints, models, looked: true });
    this.#seen = seen;
    this.dispatchEvent(new Event("change"));
    return true;
  }

  async #allModels() {
    const models = [];
    let cursor = null;
    do {
      const page = await this.api.get("/models", { limit: PAGE, cursor });
      models.push(...page.models);
      cursor = page.next_cursor;
    } while (cursor);
    return models.sort((one, other) => one.name.localeCompare(other.name));
  }
}
