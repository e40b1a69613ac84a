import { h } from "../dom.js";
import { hires, showHires } from "./hires.js";
import { Beginning } from "./img2img.js";
import { offer } from "./offers.js";
import { parameters } from "./parameters.js";
import { prompts } from "./prompts.js";
import { Units } from "./units.js";
import { fault, mark } from "./validity.js";
import { read, remember, write } from "./values.js";

/** Everything that one task is ordered with, apart from where it is drawn: txt2img's tab, or img2img's. */
export class Workspace {
  /**
   * @param {"txt2img" | "img2img"} task
   * @param {object} given
   * @param {import("../cloud/catalogue.js").Catalogue} given.catalogue
   * @param {(unit: import("./unit.js").Unit, task: string) => Promise<Blob>} given.detect
   * @param {() => number | undefined} given.lastSeed
   * @param {Record<string, any>} given.example what the form begins with
   */
  constructor(task, { catalogue, detect, lastSeed, example }) {
    this.task = task;
    this.beginning = task === "img2img" ? new Beginning() : null;
    this.form = h(
      "form",
      { class: "panel parameters", "aria-label": `${task}: parameters`, onsubmit: (event) => event.preventDefault() },
      prompts(),
      this.beginning?.element,
      parameters(task, lastSeed),
      this.beginning ? null : hires(),
    );
    this.units = new Units(task, { catalogue, detect: (unit) => detect(unit, task), beginning: this.beginning?.box });
    this.leftOut = h("p", { class: "hint left-out", role: "status" });
    this.element = h("div", { class: "workspace" }, this.leftOut, this.form, this.units.element);
    this.defaults = remember(this.form, task, example);
    catalogue.addEventListener("change", () => this.#offer(catalogue.capabilities));
    for (const change of ["input", "filled"]) this.form.addEventListener(change, () => this.#show());
    this.#show();
  }

  get values() {
    return read(this.form);
  }

  async recall() {
    await Promise.all([this.beginning?.recall(), this.units.recall()]);
  }

  /** @param {Record<string, any>} values what is not named goes back to its default; `unknown`: what has no field */
  fill({ units = [], unknown = [], ...values }) {
    write(this.form, { ...this.defaults, ...values });
    this.units.fill(units);
    this.leftOut.textContent = unknown.length ? `Left out, for it can't be ordered here: ${unknown.join(", ")}` : "";
  }

  /** @param {Record<string, any>} values what is not named stays */
  set(values) {
    write(this.form, values);
  }

  /** @returns {string | null} why it can't be ordered as it stands */
  get missing() {
    if (this.beginning && !this.beginning.box.picture) return "Choose a picture to begin with.";
    const wrong = fault(this.form);
    if (wrong) return wrong;
    const { n_iter: count, batch_size: size } = this.values;
    if (count * size > 100) return `${count * size} pictures; a job draws at most 100.`;
    return this.units.missing;
  }

  #offer(capabilities) {
    if (!capabilities) return;
    const { sampler_name: sampler, scheduler, hr_upscaler: upscaler, ...hr } = this.form.elements;
    offer(sampler, capabilities.samplers);
    offer(scheduler, capabilities.schedule_types);
    if (!upscaler) return;
    offer(upscaler, capabilities.upscalers);
    offer(hr.hr_sampler_name, [["", "Use same sampler"], ...capabilities.samplers]);
    offer(hr.hr_scheduler, [["", "Use same scheduler"], ...capabilities.schedule_types]);
  }

  #show() {
    if (this.task === "txt2img") showHires(this.form, this.values);
    mark(this.form);
  }
}
