import { button, h, replace } from "../dom.js";
import { choice, number, offer, slider, toggle } from "./controls.js";
import { PictureBox } from "./picture.js";
import { read, remember, write } from "./values.js";

const CONTROL_MODES = ["Balanced", "My prompt is more important", "ControlNet is more important"];
const RESIZE_MODES = ["Just Resize", "Crop and Resize", "Resize and Fill"];
/** @type {Record<string, [string | null, string | null]>} what a preprocessor's two thresholds are to it */
const THRESHOLDS = {
  canny: ["Low threshold", "High threshold"],
  threshold: ["Binarization threshold", null],
  blur_gaussian: ["Sigma", null],
  tile_resample: ["Down sampling rate", null],
  scribble_xdog: ["XDoG threshold", null],
};

/** One ControlNet unit. */
export class Unit {
  /**
   * @param {string} task
   * @param {number} place among the units
   * @param {(unit: Unit) => Promise<Blob>} detect the map that this unit would be guided by
   */
  constructor(task, place, detect) {
    this.place = place;
    this.field = `parameters.alwayson_scripts.controlnet.args.${place}`;
    this.box = new PictureBox(`${task}-unit-${place}`, "Picture", `${this.field}.image`);
    this.map = h("div", { class: "stage map", hidden: true, role: "status" });
    this.element = this.#element(detect);
    this.defaults = remember(this.element, `${task}-unit-${place}`);
    for (const change of ["input", "filled"]) this.element.addEventListener(change, () => this.#show());
    this.#show();
  }

  get enabled() {
    return read(this.element).enabled;
  }

  /** @param {Record<string, any>} values what is not named goes back to its default */
  fill(values) {
    write(this.element, { ...this.defaults, ...values });
  }

  /**
   * @param {import("../cloud/catalogue.js").Catalogue} catalogue
   */
  offer(catalogue) {
    const { module, model } = this.element.elements;
    offer(module, catalogue.capabilities?.preprocessors ?? ["none"]);
    offer(model, ["None", ...catalogue.of("controlnet").map(({ name, state }) => [name, name, state !== "active"])]);
  }

  /** @returns {string | null} why it can't be ordered as it stands */
  get missing() {
    return this.enabled ? this.lacking : null;
  }

  /** @returns {string | null} the same, switched on or off */
  get lacking() {
    if (read(this.element).model === "None") return `ControlNet unit ${this.place}: choose a model.`;
    if (!this.box.picture) return `ControlNet unit ${this.place}: choose a picture.`;
    return null;
  }

  /**
   * @param {import("../pictures.js").Uploads} uploads
   * @returns {Promise<Record<string, any>>} as the API takes it
   */
  async ordered(uploads) {
    return this.enabled ? this.whole(uploads) : { enabled: false };
  }

  /** The same, switched on or off. @param {import("../pictures.js").Uploads} uploads */
  async whole(uploads) {
    const given = Object.entries(read(this.element)).filter(([, value]) => value !== null);
    return { ...Object.fromEntries(given), image: this.box.picture && (await uploads.name(this.box.picture)) };
  }

  #element(detect) {
    const field = (name) => `${this.field}.${name}`;
    const preview = button("Preview the map", () => this.#preview(detect), { class: "preview" });
    return h(
      "form",
      {
        class: "panel unit",
        "aria-label": `ControlNet unit ${this.place}`,
        "data-field": this.field,
        onsubmit: (event) => event.preventDefault(),
      },
      toggle({ name: "enabled", label: `Enable unit ${this.place}`, field: field("enabled") }),
      h("div", { class: "pictures" }, this.box.element, h("div", { class: "field" }, preview, this.map)),
      h(
        "div",
        { class: "columns" },
        choice({ name: "module", label: "Preprocessor", field: field("module"), options: ["none"] }),
        choice({ name: "model", label: "Model", field: field("model"), options: ["None"] }),
        slider({
          name: "weight",
          label: "Control weight",
          field: field("weight"),
          min: 0,
          max: 2,
          step: 0.05,
          value: 1,
        }),
        slider({
          name: "guidance_start",
          label: "Starting control step",
          field: field("guidance_start"),
          min: 0,
          max: 1,
          step: 0.01,
          value: 0,
        }),
        slider({
          name: "guidance_end",
          label: "Ending control step",
          field: field("guidance_end"),
          min: 0,
          max: 1,
          step: 0.01,
          value: 1,
        }),
        choice({ name: "control_mode", label: "Control mode", field: field("control_mode"), options: CONTROL_MODES }),
        choice({
          name: "resize_mode",
          label: "Resize mode",
          field: field("resize_mode"),
          options: RESIZE_MODES,
          value: "Crop and Resize",
        }),
        toggle({ name: "pixel_perfect", label: "Pixel perfect", field: field("pixel_perfect") }),
        slider({
          name: "processor_res",
          label: "Preprocessor resolution",
          field: field("processor_res"),
          min: 64,
          max: 2048,
          step: 8,
          value: 512,
        }),
        ...["threshold_a", "threshold_b"].map((name) => threshold(name, field(name))),
      ),
    );
  }

  #show() {
    const { module, pixel_perfect: pixelPerfect } = read(this.element);
    const labels = THRESHOLDS[module] ?? [null, null];
    for (const [place, name] of ["threshold_a", "threshold_b"].entries()) {
      const field = this.element.elements[name].closest(".field");
      field.hidden = !labels[place];
      field.querySelector("label").textContent = labels[place] ?? "";
    }
    this.element.elements.processor_res.closest(".field").hidden = pixelPerfect || module === "none";
    this.element.classList.toggle("off", !this.enabled);
  }

  async #preview(detect) {
    this.map.hidden = false;
    replace(this.map, h("p", {}, "Drawing the map…"));
    try {
      const url = URL.createObjectURL(await detect(this));
      replace(
        this.map,
        h("img", { src: url, alt: `Detected map of unit ${this.place}`, onload: () => URL.revokeObjectURL(url) }),
      );
    } catch (error) {
      replace(this.map, h("p", { class: "refusal" }, error.message));
    }
  }
}

function threshold(name, field) {
  const element = number({ name, label: name, field, step: "any" });
  Object.assign(element.querySelector("input"), { required: false, placeholder: "its own" });
  return element;
}
