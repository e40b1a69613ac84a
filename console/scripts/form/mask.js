import { button, h } from "../dom.js";
import { keepPicture, recallPicture } from "../kept.js";
import { measured } from "../pictures.js";
import { Brush } from "./brush.js";
import { Strokes } from "./strokes.js";

const BAND = 256; // rows that are looked at together: all of a photograph would be tens of megabytes

/** A mask, painted over a picture by pointer or keys: what is painted is drawn anew. */
export class Mask {
  #at = null;
  /** @type {Promise<Blob | null> | null} the same as long as nothing changes: an order sent again is the same order */
  #picture = null;

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
    this.brush = new Brush();
    this.tools = h(
      "div",
      { class: "mask-tools", hidden: true, "data-field": "parameters.mask" },
      this.brush.elements,
      button("Undo", () => this.#changed(() => this.strokes.undo())),
      button("Clear mask", () => this.#changed(() => this.strokes.clear())),
    );
    box.changed.addEventListener("change", (event) => this.#fit(event.detail.recalled));
    this.#paintByPointer();
    this.canvas.addEventListener("keydown", (event) => this.#byKey(event));
    const hideBrush = () => (this.brush.cursor.hidden = true);
    this.canvas.addEventListener("blur", hideBrush);
    new ResizeObserver(hideBrush).observe(this.canvas);
  }

  get empty() {
    const { width, height } = this.canvas;
    for (let top = 0; width && top < height; top += BAND) {
      if (this.context.getImageData(0, top, width, BAND).data.some((value) => value > 0)) return false;
    }
    return true;
  }

  /** @returns {Promise<Blob | null>} white where it is painted, on black */
  picture() {
    this.#picture ??= this.#drawn();
    return this.#picture;
  }

  async #drawn() {
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

  /** Cover the picture that is there now; while it is measured, another may take its place. */
  async #fit(recalled) {
    const { picture } = this.box;
    this.tools.hidden = !picture;
    this.#at = null;
    this.#picture = null;
    this.strokes.end();
    this.canvas.width = 0; // an order must not take what lay over another picture
    if (!recalled) await keepPicture(this.#name, null);
    if (!picture) return;
    const [size, kept] = await Promise.all([measured(picture), recalled ? recallPicture(this.#name) : null]);
    const bitmap = kept && (await createImageBitmap(kept));
    if (picture === this.box.picture) this.#cover(size, bitmap);
    bitmap?.close();
  }

  #cover(size, painted) {
    this.#picture = null;
    Object.assign(this.canvas, size); // this empties it
    if (painted) this.context.drawImage(painted, 0, 0);
    this.canvas.dataset.painted = String(!this.empty);
    this.strokes.reset();
    this.box.stage.append(this.canvas, this.brush.cursor);
  }

  get #name() {
    return `${this.box.name}-mask`;
  }

  #paintByPointer() {
    this.canvas.addEventListener("pointerdown", (event) => {
      if (event.button) return; // not the main one
      this.canvas.setPointerCapture(event.pointerId);
      this.#at = this.#place(event);
      this.strokes.begin(this.brush.over(this.canvas), this.#at);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (!this.canvas.hasPointerCapture(event.pointerId)) return;
      this.#at = this.#place(event);
      this.strokes.goOn(this.#at);
    });
    for (const end of ["pointerup", "pointercancel"]) {
      this.canvas.addEventListener(end, () => this.#changed(() => this.strokes.end()));
    }
  }

  #place(event) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    return [
      ((event.clientX - left) / width) * this.canvas.width,
      ((event.clientY - top) / height) * this.canvas.height,
    ];
  }

  #byKey(event) {
    const key = event.key.toLowerCase(); // the same with caps lock
    if ((event.ctrlKey || event.metaKey || event.altKey) && key !== "z") return; // the browser's own
    const { width, height } = this.canvas;
    const [x, y] = this.#at ?? [width / 2, height / 2];
    const brush = this.brush.over(this.canvas);
    const step = Math.max(4, brush.radius / 2);
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (event.key in moves || [" ", "z"].includes(key)) event.preventDefault();
    if (event.key in moves) {
      const [right, down] = moves[event.key];
      const within = (value, most) => Math.min(Math.max(value, 0), most);
      this.#at = [within(x + right, width), within(y + down, height)];
    } else if (key === " ") this.#changed(() => this.strokes.begin(brush, [x, y]));
    else if (key === "e") this.brush.erase.checked = !this.brush.erase.checked;
    else if (key === "z") this.#changed(() => this.strokes.undo());
    this.brush.show(this.canvas, this.#at ?? [x, y]);
  }

  #changed(change) {
    change();
    this.#picture = null;
    const { empty } = this;
    this.canvas.dataset.painted = String(!empty);
    this.canvas.toBlob((picture) => keepPicture(this.#name, empty ? null : picture));
  }
}
