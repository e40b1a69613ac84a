const MOST_STEPS_BACK = 20;

/**
 * @typedef {object} Step of painting; without points it clears the canvas
 * @property {[number, number][]} [points] which lines go through, in pixels
 * @property {number} [radius] of the brush, in pixels
 * @property {boolean} [erases]
 */

/** What is painted on a canvas. The last steps can be taken back, without a copy of a large canvas for each. */
export class Strokes {
  /** @type {Step[]} */
  #steps = [];
  /** @type {Step | null} that is still being painted */
  #open = null;
  #before = new OffscreenCanvas(0, 0).getContext("2d", { willReadFrequently: true });

  /** @param {CanvasRenderingContext2D} context */
  constructor(context) {
    this.context = context;
  }

  /** What the canvas shows now can't be taken back. */
  reset() {
    const { canvas } = this.context;
    this.#steps = [];
    this.end();
    Object.assign(this.#before.canvas, { width: canvas.width, height: canvas.height }); // this empties it
    if (canvas.width) this.#before.drawImage(canvas, 0, 0);
  }

  /**
   * @param {{radius: number, erases: boolean}} brush
   * @param {[number, number]} point
   */
  begin(brush, point) {
    this.#open = { ...brush, points: [point] };
    this.#add(this.#open);
  }

  /** @param {[number, number]} point that the stroke that has begun goes on to */
  goOn(point) {
    if (!this.#open) return;
    line(this.context, this.#open, this.#open.points.at(-1), point);
    this.#open.points.push(point);
  }

  /** End the stroke that has begun. */
  end() {
    this.#open = null;
  }

  clear() {
    this.end();
    this.#add({});
  }

  undo() {
    const { context } = this;
    this.end();
    if (!this.#steps.pop()) return;
    paint(context, {});
    context.globalCompositeOperation = "source-over";
    context.drawImage(this.#before.canvas, 0, 0);
    for (const step of this.#steps) paint(context, step);
  }

  #add(step) {
    this.#steps.push(step);
    if (this.#steps.length > MOST_STEPS_BACK) paint(this.#before, this.#steps.shift());
    paint(this.context, step);
  }
}

function paint(context, step) {
  const { canvas } = context;
  if (step.points) step.points.forEach((to, place) => line(context, step, step.points[place - 1] ?? to, to));
  else context.clearRect(0, 0, canvas.width, canvas.height);
}

function line(context, { radius, erases }, [fromX, fromY], [x, y]) {
  context.globalCompositeOperation = erases ? "destination-out" : "source-over";
  context.lineWidth = radius * 2;
  context.lineCap = "round";
  context.strokeStyle = "#fff";
  context.beginPath();
  context.moveTo(fromX, fromY);
  context.lineTo(x + 0.01, y); // a line of no length would not be painted
  context.stroke();
}
