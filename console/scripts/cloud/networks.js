import { h, replace } from "../dom.js";
import { keep, recall } from "../kept.js";

/** @type {[string, string][]} */
const TYPES = [
  ["textual_inversion", "Textual Inversion"],
  ["lora", "LoRA"],
  ["hypernetwork", "HyperNetwork"],
  ["controlnet", "ControlNet-Model"],
  ["vae", "VAE"],
];

/** Which models beside the checkpoint go with an order. */
export class Networks extends EventTarget {
  /** @type {Record<string, string[]>} */
  chosen = recall("networks", {});

  /** @param {import("./catalogue.js").Catalogue} catalogue */
  constructor(catalogue) {
    super();
    this.catalogue = catalogue;
    this.lists = Object.fromEntries(TYPES.map(([type, label]) => [type, this.#list(type, label)]));
    const groups = TYPES.map(([type]) => this.lists[type].element);
    this.element = h(
      "fieldset",
      { class: "panel networks", "data-field": "extra_networks" },
      h("legend", {}, "Extra Networks for Cloud Inference"),
      groups,
    );
    catalogue.addEventListener("change", () => this.show());
    this.show();
  }

  /** @param {Record<string, string[]>} chosen */
  set(chosen) {
    this.chosen = Object.fromEntries(Object.entries(chosen).filter(([, names]) => names.length));
    keep("networks", this.chosen);
    this.show();
  }

  show() {
    for (const [type, label] of TYPES) this.#showList(type, label);
  }

  #list(type, label) {
    const title = h("summary");
    const filter = h("input", { type: "search", placeholder: "Filter", "aria-label": `Filter: ${label}` });
    const boxes = h("div", { class: "boxes", role: "group", "aria-label": label });
    filter.addEventListener("input", () => this.#filter(type));
    const element = h("details", { "data-field": `extra_networks.${type}` }, title, filter, boxes);
    return { element, title, filter, boxes };
  }

  #showList(type, label) {
    const { title, filter, boxes } = this.lists[type];
    const models = this.catalogue.of(type);
    const chosen = this.chosen[type] ?? [];
    const boxed = [...models, ...this.#gone(chosen, models)];
    replace(
      title,
      label,
      h("span", { class: "count" }, chosen.length ? `${chosen.length} of ${models.length}` : `${models.length}`),
    );
    filter.hidden = boxed.length < 8;
    const shown = JSON.stringify([boxed.map(({ name, state }) => [name, state]), chosen]);
    if (boxes.dataset.shown === shown) return; // a list that is the same keeps its focus
    boxes.dataset.shown = shown;
    replace(
      boxes,
      boxed.length ? boxed.map((model) => this.#box(type, model)) : h("p", { class: "hint" }, "None yet"),
    );
    this.#filter(type);
  }

  /** What was chosen and is not here must be shown, or nobody could untick it. */
  #gone(chosen, models) {
    if (!this.catalogue.capabilities) return []; // what is here is not known yet
    const gone = chosen.filter((name) => !models.some((model) => model.name === name));
    return gone.map((name) => ({ name, state: "not here" }));
  }

  #box(type, { name, state, metadata }) {
    const checked = (this.chosen[type] ?? []).includes(name);
    const usable = state === "active";
    const box = h("input", { type: "checkbox", checked, disabled: !usable && !checked, value: name });
    box.addEventListener("change", () => this.#choose(type, name, box.checked));
    const words = metadata?.trigger_words?.slice(0, 3).join(", ");
    return h(
      "label",
      { class: "toggle" },
      box,
      h("span", {}, name, usable ? null : ` · ${state}`),
      words && h("small", {}, words),
    );
  }

  #choose(type, name, chosen) {
    const others = (this.chosen[type] ?? []).filter((each) => each !== name);
    const { boxes } = this.lists[type];
    this.set({ ...this.chosen, [type]: chosen ? [...others, name] : others });
    boxes.querySelector(`input[value="${CSS.escape(name)}"]`)?.focus();
    this.dispatchEvent(new CustomEvent("chosen", { detail: { type, name, chosen } }));
  }

  #filter(type) {
    const { filter, boxes } = this.lists[type];
    const wanted = filter.value.toLowerCase();
    for (const label of boxes.querySelectorAll("label"))
      label.hidden = !label.textContent.toLowerCase().includes(wanted);
  }
}
