import { button, h } from "../dom.js";
import { keep, recall } from "../kept.js";
import { Unit } from "./unit.js";

const MOST = 10;

/** ControlNet's units of one task. */
export class Units {
  /** @type {Unit[]} */
  all = [];

  /**
   * @param {string} task
   * @param {object} given
   * @param {import("../cloud/catalogue.js").Catalogue} given.catalogue
   * @param {(unit: Unit) => Promise<Blob>} given.detect
   * @param {import("./picture.js").PictureBox} [given.beginning] whose picture guides if a unit has none
   */
  constructor(task, { catalogue, detect, beginning }) {
    Object.assign(this, { task, catalogue, detect, beginning });
    this.title = h("summary");
    this.add = button("Add a unit", () => this.#add());
    this.element = h("details", { class: "panel controlnet" }, this.title, this.add);
    for (const name of recall(`${task}-unit-names`, [undefined])) this.#add(name);
    this.element.addEventListener("filled", () => this.#show());
    this.element.addEventListener("input", () => this.#show());
    catalogue.addEventListener("change", () => this.all.forEach((unit) => unit.offer(catalogue)));
    this.element.open = this.enabled.length > 0;
  }

  get enabled() {
    return this.all.filter((unit) => unit.enabled);
  }

  get missing() {
    return this.all.map((unit) => unit.missing).find(Boolean) ?? null;
  }

  recall() {
    return Promise.all(this.all.map((unit) => unit.box.recall()));
  }

  /** @param {Record<string, any>[]} units which are switched on; all others are switched off */
  fill(units) {
    while (this.all.length < Math.min(units.length, MOST)) this.#add();
    this.all.forEach((unit, place) => unit.fill(units[place] ?? {}));
    if (units.length) this.element.open = true;
  }

  /**
   * @param {import("../pictures.js").Uploads} uploads
   * @returns {Promise<Record<string, any> | undefined>} what goes into the order's alwayson_scripts
   */
  async ordered(uploads) {
    if (!this.enabled.length) return undefined;
    return { controlnet: { args: await Promise.all(this.all.map((unit) => unit.ordered(uploads))) } };
  }

  #add(name = `${this.task}-unit-${crypto.randomUUID()}`) {
    const { detect, beginning } = this;
    const unit = new Unit(name, { detect, beginning, remove: (removed) => this.#remove(removed) });
    unit.offer(this.catalogue);
    this.all.push(unit);
    this.add.before(unit.element);
    this.#arrange();
  }

  #remove(unit) {
    const place = this.all.indexOf(unit);
    this.all.splice(place, 1);
    unit.forget();
    this.#arrange();
    const next = this.all[Math.min(place, this.all.length - 1)];
    next.element.elements.enabled.focus();
    this.element.dispatchEvent(new Event("filled", { bubbles: true })); // the reason against an order may be gone
  }

  #arrange() {
    this.all.forEach((unit, place) => unit.put(place, this.all.length === 1));
    this.add.hidden = this.all.length >= MOST;
    keep(
      `${this.task}-unit-names`,
      this.all.map(({ name }) => name),
    );
    this.#show();
  }

  #show() {
    const on = this.enabled.length;
    this.title.replaceChildren("ControlNet", h("span", { class: "count" }, on ? `${on} on` : "off"));
  }
}
