import { Poll } from "../polling.js";

const PAGE = 50;
const FINAL = ["succeeded", "failed", "cancelled"];

/** @param {{status: string}} job */
export const final = (job) => FINAL.includes(job.status);

/** The caller's jobs, newest first, as far as they have been looked at. */
export class Jobs extends EventTarget {
  /** @type {any[]} */
  all = [];
  filter = { status: "", task: "" };
  /** Whether `all` tells something: an answer has come for this filter. */
  looked = false;
  #cursor = null;
  #loading = false;

  /** @param {import("../api.js").Api} api */
  constructor(api) {
    super();
    this.api = api;
    this.poll = new Poll(() => this.#head(), { least: 1_500, most: 20_000 });
  }

  get more() {
    return this.#cursor !== null;
  }

  start() {
    return this.poll.start();
  }

  /** @param {{status: string, task: string}} filter */
  show(filter) {
    Object.assign(this, { filter, all: [], looked: false });
    this.#cursor = null;
    this.#changed();
    return this.poll.now();
  }

  /** Fetch older ones, if there are any and they are not on their way. */
  async loadMore() {
    if (!this.more || this.#loading) return;
    this.#loading = true;
    const { filter } = this;
    try {
      const { jobs, next_cursor: cursor } = await this.api.get("/jobs", {
        ...filter,
        limit: 100,
        cursor: this.#cursor,
      });
      if (filter !== this.filter) return;
      this.#cursor = cursor;
      this.all.push(...jobs);
      this.#changed();
    } finally {
      this.#loading = false;
    }
  }

  /** What is known of a job by other ways, such as the answer to its order. */
  put(job) {
    const place = this.all.findIndex(({ id }) => id <= job.id);
    const fits = ["status", "task"].every((name) => !this.filter[name] || this.filter[name] === job[name]);
    if (place >= 0 && this.all[place].id === job.id) this.all.splice(place, 1, ...(fits ? [job] : []));
    else if (fits && place !== -1) this.all.splice(place, 0, job);
    else if (fits && !this.more) this.all.push(job);
    this.#changed();
  }

  /** @param {string} id of one that has been deleted */
  drop(id) {
    this.all = this.all.filter((job) => job.id !== id);
    this.#changed();
  }

  async #head() {
    const { filter } = this;
    const { jobs, next_cursor: cursor } = await this.api.get("/jobs", { ...filter, limit: PAGE });
    if (filter !== this.filter) return true;
    const before = JSON.stringify(this.all.slice(0, PAGE));
    const last = jobs.at(-1)?.id ?? "";
    const known = this.all.length > 0 && jobs.length > 0 && this.all[0].id >= last;
    // What is not among the newest although it is as new has been deleted, or has left the state that is filtered by.
    const older = known && cursor ? this.all.filter(({ id }) => id < last) : [];
    if (older.length === 0) this.#cursor = cursor;
    this.all = [...jobs, ...older];
    const same = this.looked && JSON.stringify(this.all.slice(0, PAGE)) === before;
    this.looked = true;
    if (same) return false;
    this.#changed();
    return true;
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
