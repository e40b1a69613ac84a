import { button, h } from "../dom.js";
import { keepPicture, recallPicture } from "../kept.js";
import { slider } from "./controls.js";

const MOST_STEPS_BACK = 20;

/** A mask, painted over a picture by pointer or keys: what is painted is drawn anew. */
export class Mask {
  #back = [];
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
    if (!this.canvas.width) return true;
    return !this.context.getImageData(0, 0, this.canvas.width, this.canvas.height).data.some((value) => value > 0);
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
    this.#back = [];
    this.#at = null;
    if (!recalled) await keepPicture(`${this.box.name}-mask`, null);
    if (!picture) return;
    const { width, height } = await createImageBitmap(picture);
    Object.assign(this.canvas, { width, height }); // which empties it
    if (recalled) await this.#recall();
    this.box.stage.append(this.canvas, this.cursor);
  }

  get #radius() {
    return (this.size.valueAsNumber / 200) * Math.max(this.canvas.width, this.canvas.height) * 0.5;
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
      button("Undo", () => this.#undo()),
      button("Clear mask", () =>
        this.#changed(() => this.context.clearRect(0, 0, this.canvas.width, this.canvas.height)),
      ),
    );
  }

  #paintByPointer() {
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      this.#remember();
      this.#at = null;
      this.#stroke(this.#place(event));
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (this.canvas.hasPointerCapture(event.pointerId)) this.#stroke(this.#place(event));
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

  #stroke([x, y]) {
    const { context } = this;
    const [fromX, fromY] = this.#at ?? [x, y];
    context.globalCompositeOperation = this.erase.checked ? "destination-out" : "source-over";
    context.lineWidth = this.#radius * 2;
    context.lineCap = "round";
    context.strokeStyle = "#fff";
    context.beginPath();
    context.moveTo(fromX, fromY);
    context.lineTo(x + 0.01, y);
    context.stroke();
    this.#at = [x, y];
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
    } else if (event.key === " ") this.#changed(() => this.#stroke([x, y]));
    else if (event.key === "e") this.erase.checked = !this.erase.checked;
    else if (event.key === "z") this.#undo();
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

  #remember() {
    this.#back.push(this.context.getImageData(0, 0, this.canvas.width, this.canvas.height));
    if (this.#back.length > MOST_STEPS_BACK) this.#back.shift();
  }

  #changed(change) {
    this.#remember();
    change();
    this.#keep();
  }

  #undo() {
    const before = this.#back.pop();
    if (before) this.context.putImageData(before, 0, 0);
    this.#keep();
  }

  #keep() {
    this.canvas.dataset.painted = String(!this.empty);
    this.canvas.toBlob((picture) => keepPicture(`${this.box.name}-mask`, this.empty ? null : picture));
  }
}
