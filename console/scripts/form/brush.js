import { h } from "../dom.js";
import { slider } from "./controls.js";

const USUAL = 20; // hundredths of the picture's larger side

/** What a mask is painted with: tools, which are not part of what is ordered or checked. */
export class Brush {
  constructor() {
    const field = slider({ name: "brush", label: "Brush", min: 1, max: 100, step: 1, value: USUAL });
    for (const control of field.querySelectorAll("input")) control.setAttribute("form", ""); // it belongs to no form
    this.size = field.querySelector("input");
    this.erase = h("input", { type: "checkbox" });
    this.elements = [field, h("label", { class: "toggle" }, this.erase, " Erase")];
    this.cursor = h("div", { class: "brush", hidden: true });
  }

  /** @param {HTMLCanvasElement} canvas @returns {{radius: number, erases: boolean}} in its pixels */
  over(canvas) {
    const size = Math.min(Math.max(this.size.valueAsNumber || USUAL, 1), 100);
    return { radius: (size / 200) * Math.max(canvas.width, canvas.height) * 0.5, erases: this.erase.checked };
  }

  /**
   * Show where it is. A pointer shows that by itself, keys do not.
   * @param {HTMLCanvasElement} canvas
   * @param {[number, number]} place in its pixels
   */
  show(canvas, [x, y]) {
    const scale = canvas.clientWidth / canvas.width;
    const radius = this.over(canvas).radius * scale;
    const place = { left: canvas.offsetLeft + x * scale - radius, top: canvas.offsetTop + y * scale - radius };
    Object.assign(this.cursor.style, { left: `${place.left}px`, top: `${place.top}px`, width: `${radius * 2}px` });
    this.cursor.hidden = false;
  }
}
