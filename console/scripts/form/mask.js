import { button, h } from "../dom.js";
import { keepPicture, recallPicture } from "../kept.js";
import { slider } from "./controls.js";
import { Strokes } from "./strokes.js";

const BAND = 256; // rows that are looked at together: all of a photograph would be tens of megabytes

/** A mask, painted over a picture by pointer or keys: what is painted is drawn anew. */
export class Mask {
  #at = null;

  /** @param {import("./picture.js").PictureBox} box whose picture it lies over */
  constructor(box) {
    this.box = box;
    this.canvas = h("canvas", {
      class: "mask",
      tabIndex: 0,
      role: "application",
      "aria-label": "Mask: arrow keys move the brush, space paints, E erases, Z takes a stroke back",
    });
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
    this.strokes = new Strokes(this.context);
    this.cursor = h("div", { class: "brush", hidden: true });
    this.erase = h("input", { type: "checkbox" });
    this.tools = this.#tools();
    box.changed.addEventListener("change", (event) => this.#fit(event.detail.recalled));
    this.#paintByPointer();
    this.canvas.addEventListener("keydown", (event) => this.#byKey(event));
    const hideBrush = () => (this.cursor.hidden = true);
    this.canvas.addEventListener("blur", hideBrush);
    new ResizeObserver(hideBrush).observe(this.canvas);
  }

  /** As it was before a reload. */
  async #recall() {
    const kept = await recallPicture(`${this.box.name}-mask`);
    if (kept) this.context.drawImage(await createImageBitmap(kept), 0, 0);
    this.canvas.dataset.painted = String(!this.empty);
  }

  get empty() {
    const { width, height } = this.canvas;
    for (let top = 0; width && top < height; top += BAND) {
      if (this.context.getImageData(0, top, width, BAND).data.some((value) => value > 0)) return false;
    }
    return true;
  }

  /** @returns {Promise<Blob | null>} white where it is painted, on black */
  async picture() {
    if (this.empty) return null;
    const out = new OffscreenCanvas(this.canvas.width, this.canvas.height);
    const context = out.getContext("2d");
    context.drawImage(this.canvas, 0, 0);
    context.globalCompositeOperation = "source-in";
    context.fillStyle = "#fff";
    context.fillRect(0, 0, out.width, out.height);
    context.globalCompositeOperation = "destination-over";
    context.fillStyle = "#000";
    context.fillRect(0, 0, out.width, out.height);
    return out.convertToBlob({ type: "image/png" });
  }

  async #fit(recalled) {
    const { picture } = this.box;
    this.tools.hidden = !picture;
    this.#at = null;
    if (!recalled) await keepPicture(`${this.box.name}-mask`, null);
    if (!picture) return;
    const { width, height } = await createImageBitmap(picture);
    Object.assign(this.canvas, { width, height }); // which empties it
    if (recalled) await this.#recall();
    this.strokes.reset();
    this.box.stage.append(this.canvas, this.cursor);
  }

  get #radius() {
    return (this.size.valueAsNumber / 200) * Math.max(this.canvas.width, this.canvas.height) * 0.5;
  }

  get #brush() {
    return { radius: this.#radius, erases: this.erase.checked };
  }

  #tools() {
    const brush = slider({ name: "brush", label: "Brush", min: 1, max: 100, step: 1, value: 20 });
    this.size = brush.querySelector("input");
    this.size.removeAttribute("name"); // a tool, and no part of what is ordered
    return h(
      "div",
      { class: "mask-tools", hidden: true },
      brush,
      h("label", { class: "toggle" }, this.erase, " Erase"),
      button("Undo", () => this.#changed(() => this.strokes.undo())),
      button("Clear mask", () => this.#changed(() => this.strokes.clear())),
    );
  }

  #paintByPointer() {
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      this.#at = this.#place(event);
      this.strokes.begin(this.#brush, this.#at);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (!this.canvas.hasPointerCapture(event.pointerId)) return;
      this.#at = this.#place(event);
      this.strokes.goOn(this.#at);
    });
    this.canvas.addEventListener("pointerup", () => this.#keep());
  }

  #place(event) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    return [
      ((event.clientX - left) / width) * this.canvas.width,
      ((event.clientY - top) / height) * this.canvas.height,
    ];
  }

  #byKey(event) {
    const step = Math.max(4, this.#radius / 2);
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (event.key in moves || event.key === " ") event.preventDefault();
    const [x, y] = this.#at ?? [this.canvas.width / 2, this.canvas.height / 2];
    const within = (value, most) => Math.min(Math.max(value, 0), most);
    if (event.key in moves) {
      const [right, down] = moves[event.key];
      this.#at = [within(x + right, this.canvas.width), within(y + down, this.canvas.height)];
    } else if (event.key === " ") this.#changed(() => this.strokes.begin(this.#brush, [x, y]));
    else if (event.key === "e") this.erase.checked = !this.erase.checked;
    else if (event.key === "z") this.#changed(() => this.strokes.undo());
    this.#showBrush();
  }

  #showBrush() {
    const [x, y] = this.#at ?? [this.canvas.width / 2, this.canvas.height / 2];
    const scale = this.canvas.clientWidth / this.canvas.width;
    const radius = this.#radius * scale;
    const { offsetLeft, offsetTop } = this.canvas;
    const place = { left: offsetLeft + x * scale - radius, top: offsetTop + y * scale - radius };
    Object.assign(this.cursor.style, { left: `${place.left}px`, top: `${place.top}px`, width: `${radius * 2}px` });
    this.cursor.hidden = false;
  }

  #changed(change) {
    change();
    this.#keep();
  }

  #keep() {
    const { empty } = this;
    this.canvas.dataset.painted = String(!empty);
    this.canvas.toBlob((picture) => keepPicture(`${this.box.name}-mask`, empty ? null : picture));
  }
}
