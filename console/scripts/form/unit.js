import { button, h, replace } from "../dom.js";
import { keep } from "../kept.js";
import { toggle } from "./controls.js";
import { follow, guidance } from "./guidance.js";
import { offer } from "./offers.js";
import { PictureBox } from "./picture.js";
import { fault, mark } from "./validity.js";
import { read, remember, write } from "./values.js";

/** One ControlNet unit. */
export class Unit {
  /**
   * @param {string} name under which it is kept
   * @param {object} does
   * @param {(unit: Unit) => Promise<Blob>} does.detect the map that this unit would be guided by
   * @param {(unit: Unit) => void} does.remove
   * @param {PictureBox} [does.beginning] whose picture guides if the unit has none
   */
  constructor(name, { detect, remove, beginning }) {
    Object.assign(this, { name, beginning });
    this.box = new PictureBox(name, "Picture", "image", beginning && "Without one, the picture to begin with guides");
    this.map = h("div", { class: "stage map", hidden: true, role: "status" });
    this.switch = toggle({ name: "enabled", label: "Enable" });
    this.remove = button("Remove unit", () => remove(this));
    const preview = button("Preview the map", () => this.#preview(detect), { class: "preview" });
    this.element = h(
      "form",
      { class: "panel unit", onsubmit: (event) => event.preventDefault() },
      h("div", { class: "unit-head" }, this.switch, this.remove),
      h("div", { class: "pictures" }, this.box.element, h("div", { class: "field" }, preview, this.map)),
      guidance(),
    );
    for (const box of [this.box, beginning]) box?.changed.addEventListener("change", () => (this.map.hidden = true));
    this.defaults = remember(this.element, name);
    for (const change of ["input", "filled"]) this.element.addEventListener(change, () => this.#show());
    this.#show();
  }

  get enabled() {
    return read(this.element).enabled;
  }

  /**
   * @param {number} place among the units, by which a person and the API know it
   * @param {boolean} alone and so there to stay
   */
  put(place, alone) {
    this.place = place;
    this.element.setAttribute("aria-label", `ControlNet unit ${place}`);
    this.switch.querySelector("span").textContent = `Enable unit ${place}`;
    this.remove.setAttribute("aria-label", `Remove unit ${place}`);
    this.remove.hidden = alone;
    const field = `parameters.alwayson_scripts.controlnet.args.${place}`;
    this.element.dataset.field = field;
    for (const each of this.element.querySelectorAll("[data-field]")) {
      each.dataset.field = `${field}.${each.dataset.field.split(".").at(-1)}`;
    }
  }

  /** @param {Record<string, any>} values what is not named goes back to its default */
  fill(values) {
    const { processor_res: resolution } = this.defaults; // what -1 stands for, and 0.5 in infotexts
    const own = Number(values.processor_res) < 1 ? { processor_res: resolution } : {};
    write(this.element, { ...this.defaults, ...values, ...own });
  }

  /** Take it away, with all that is kept of it. */
  forget() {
    this.element.remove();
    this.box.set(null);
    keep(this.name, null);
  }

  /**
   * @param {import("../cloud/catalogue.js").Catalogue} catalogue
   */
  offer(catalogue) {
    const { module, model } = this.element.elements;
    const { capabilities, looked } = catalogue;
    offer(module, capabilities?.preprocessors ?? ["none"], Boolean(capabilities));
    const models = catalogue.of("controlnet").map(({ name, state }) => [name, name, state !== "active"]);
    offer(model, ["None", ...models], looked);
  }

  /** @returns {string | null} why it can't be ordered as it stands */
  get missing() {
    return this.enabled ? this.lacking : null;
  }

  /** @returns {string | null} the same, whether switched on or off */
  get lacking() {
    const reason = this.#chosen ?? fault(this.element);
    return reason && `ControlNet unit ${this.place}: ${reason}`;
  }

  get #chosen() {
    if (read(this.element).model === "None") return "choose a model.";
    return this.guide ? null : "choose a picture.";
  }

  /** The picture that it is guided by. */
  get guide() {
    return this.box.picture ?? this.beginning?.picture ?? null;
  }

  /**
   * @param {import("../pictures.js").Uploads} uploads
   * @returns {Promise<Record<string, any>>} as the API takes it
   */
  async ordered(uploads) {
    return this.enabled ? this.#whole(uploads, this.box.picture) : { enabled: false };
  }

  /** The same for this unit alone, whether switched on or off. @param {import("../pictures.js").Uploads} uploads */
  async alone(uploads) {
    return { ...(await this.#whole(uploads, this.guide)), enabled: true };
  }

  async #whole(uploads, picture) {
    const { elements } = this.element;
    const given = Object.entries(read(this.element)).filter(
      ([name, value]) => value !== null && !elements[name].disabled,
    );
    return { ...Object.fromEntries(given), image: picture && (await uploads.name(picture)) };
  }

  #show() {
    follow(this.element);
    mark(this.element);
    this.element.classList.toggle("off", !this.enabled);
  }

  async #preview(detect) {
    const guide = this.guide;
    this.map.hidden = false;
    replace(this.map, h("p", {}, "Drawing the map…"));
    const shown = await detect(this).then(
      (map) => pictured(map),
      (error) => h("p", { class: "refusal" }, error.message),
    );
    if (guide === this.guide) replace(this.map, shown); // else it is of a picture that is gone
  }
}

function pictured(map) {
  const url = URL.createObjectURL(map);
  return h("img", { src: url, alt: "Detected map", onload: () => URL.revokeObjectURL(url) });
}
