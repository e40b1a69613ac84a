import { h, iconButton, replace } from "../dom.js";
import { keep, recall } from "../kept.js";
import { TYPES } from "../models/types.js";
import { meant, stem } from "../names.js";
import { hasTag, isNamed, named } from "./tags.js";

const LISTED = ["textual_inversion", "lora", "hypernetwork", "controlnet", "vae"];

/** Which models besides the checkpoint an order has: what the prompts of the shown task name, and what is ticked. */
export class Networks extends EventTarget {
  /** @type {Record<string, string[]>} what was ticked; of types that prompts name, what they may name */
  #ticked = recall("networks", {});
  /** @type {Record<string, any>} */
  #values = {};
  #followed = "";

  /** @param {import("./catalogue.js").Catalogue} catalogue */
  constructor(catalogue) {
    super();
    this.catalogue = catalogue;
    this.lists = Object.fromEntries(LISTED.map((type) => [type, this.#list(type)]));
    this.element = h(
      "fieldset",
      { class: "panel networks", "data-field": "extra_networks" },
      h("legend", {}, "Extra Networks for Cloud Inference"),
      LISTED.map((type) => this.lists[type].element),
    );
    catalogue.addEventListener("change", () => this.show());
    this.show();
  }

  /** @returns {Record<string, string[]>} all that is ticked, here or not */
  get chosen() {
    return byType((type) => this.#chosen(type));
  }

  /** @returns {Record<string, string[]>} as an order lists them: a tag for what is not here is refused in its prompt */
  get listed() {
    return byType((type) => this.#chosen(type).filter((name) => !hasTag(type) || this.#names(type).includes(name)));
  }

  /** @param {Record<string, string[]>} chosen */
  set(chosen) {
    this.#ticked = Object.fromEntries(Object.entries(chosen).filter(([, names]) => names.length));
    keep("networks", this.#ticked);
    this.show();
  }

  /** @param {Record<string, any>} values of the form that is shown, whose prompts name networks */
  follow(values) {
    this.#values = values;
    const now = JSON.stringify(this.chosen);
    if (now !== this.#followed) this.show();
    this.#followed = now;
  }

  show() {
    for (const type of LISTED) this.#showList(type);
  }

  #names(type) {
    return this.catalogue.of(type).map(({ name }) => name);
  }

  #chosen(type) {
    const names = this.#names(type);
    const ticked = (this.#ticked[type] ?? []).map((name) => meant(name, names));
    return isNamed(type) ? named(this.#values, type, [...new Set([...names, ...ticked])]) : [...new Set(ticked)];
  }

  #list(type) {
    const title = h("summary");
    const filter = h("input", { type: "search", placeholder: "Filter", "aria-label": `Filter: ${TYPES[type]}` });
    const boxes = h("div", { class: "boxes", role: "group", "aria-label": TYPES[type] });
    filter.addEventListener("input", () => this.#filter(type));
    const refresh = iconButton("refresh", `Refresh: ${TYPES[type]}`, () => this.catalogue.refresh());
    const list = h("div", { class: "with-button" }, h("div", {}, filter, boxes), refresh);
    const element = h("details", { "data-field": `extra_networks.${type}` }, title, list);
    return { element, title, filter, boxes };
  }

  #showList(type) {
    const { title, filter, boxes } = this.lists[type];
    const models = this.catalogue.of(type);
    const chosen = this.#chosen(type);
    const boxed = [...models, ...this.#gone(chosen, models)];
    replace(
      title,
      TYPES[type],
      h("span", { class: "count" }, chosen.length ? `${chosen.length} of ${boxed.length}` : `${boxed.length}`),
    );
    filter.hidden = boxed.length < 8;
    const shown = JSON.stringify([boxed.map(({ name, state }) => [name, state]), chosen]);
    if (boxes.dataset.shown === shown) return; // a list that is the same keeps its focus
    boxes.dataset.shown = shown;
    replace(
      boxes,
      boxed.length ? boxed.map((model) => this.#box(type, model, chosen)) : h("p", { class: "hint" }, "None yet"),
    );
    this.#filter(type);
  }

  /** What was chosen and is not here must be shown, or nobody could untick it. */
  #gone(chosen, models) {
    if (!this.catalogue.looked) return []; // what is here is not known yet
    const gone = chosen.filter((name) => !models.some((model) => model.name === name));
    return gone.map((name) => ({ name, state: "not here" }));
  }

  #box(type, { name, state, metadata }, chosen) {
    const checked = chosen.includes(name);
    const usable = state === "active";
    const box = h("input", { type: "checkbox", checked, disabled: !usable && !checked, value: name });
    box.addEventListener("change", () => this.#choose(type, name, box.checked));
    const words = metadata?.trigger_words?.slice(0, 3).join(", ");
    return h(
      "label",
      { class: "toggle" },
      box,
      h("span", { class: usable ? null : "hint" }, name, usable ? null : ` · ${state}`),
      words && h("small", {}, words),
    );
  }

  #choose(type, name, chosen) {
    const others = type === "vae" ? [] : (this.#ticked[type] ?? []).filter((each) => stem(each) !== stem(name));
    this.set({ ...this.#ticked, [type]: chosen ? [...others, name] : others });
    if (isNamed(type)) this.dispatchEvent(new CustomEvent("chosen", { detail: { type, name, chosen } }));
    this.lists[type].boxes.querySelector(`input[value="${CSS.escape(name)}"]`)?.focus();
  }

  #filter(type) {
    const { filter, boxes } = this.lists[type];
    const wanted = filter.value.toLowerCase();
    for (const label of boxes.querySelectorAll("label"))
      label.hidden = !label.textContent.toLowerCase().includes(wanted);
  }
}

/** @param {(type: string) => string[]} names */
function byType(names) {
  return Object.fromEntries(LISTED.map((type) => [type, names(type)]).filter(([, each]) => each.length));
}
