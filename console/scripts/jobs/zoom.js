import { button, h, replace } from "../dom.js";

const MOST = 16;
const STEP = 80;

/**
 * A gallery's picture over the whole window. Arrow keys show the others or move what is zoomed into, + and - zoom,
 * Escape or a press beside it closes.
 * @param {import("./gallery.js").Gallery} gallery
 */
export function zoom(gallery) {
  const stage = h("div", { class: "zoom-stage" });
  const count = h("p", { role: "status" });
  const several = gallery.images.length > 1;
  const view = new View(stage);
  const next = (step) => gallery.choose(gallery.place + step);
  const tools = h(
    "div",
    { class: "zoom-tools" },
    several && button("‹", () => next(-1), { "aria-label": "Previous picture" }),
    count,
    several && button("›", () => next(1), { "aria-label": "Next picture" }),
    button("−", () => view.by(1 / 1.5), { "aria-label": "Zoom out" }),
    button("+", () => view.by(1.5), { "aria-label": "Zoom in" }),
    button("Close", () => dialog.close()),
  );
  const dialog = h("dialog", { class: "zoom", "aria-label": "The picture, large" }, stage, tools);
  const show = () => {
    const { current, place, images } = gallery;
    const picture = gallery.picture(current, place, "eager");
    view.show(Object.assign(picture, { draggable: false }));
    count.textContent = `${place + 1} of ${images.length}`;
  };
  dialog.addEventListener("keydown", (event) => byKey(event.key, view, next));
  let pressed = null;
  stage.addEventListener("pointerdown", (event) => (pressed = event.target));
  stage.addEventListener("click", () => pressed === stage && dialog.close()); // not where a drag ends
  gallery.changed.addEventListener("change", show);
  dialog.addEventListener("close", () => {
    gallery.changed.removeEventListener("change", show);
    dialog.remove();
    gallery.large.querySelector("button")?.focus(); // the one that opened it may have been replaced
  });
  document.body.append(dialog);
  show();
  dialog.showModal();
}

function byKey(key, view, next) {
  const factors = { "+": 1.5, "=": 1.5, "-": 1 / 1.5, 0: 0 };
  const ways = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
  if (key in factors) view.by(factors[key]);
  if (!(key in ways)) return;
  const [right, down] = ways[key];
  if (view.scale > 1) view.move(-right * STEP, -down * STEP);
  else if (right) next(right);
}

/** How large a picture is shown, and which part of it. */
class View {
  scale = 1;
  #at = { x: 0, y: 0 };

  /** @param {HTMLElement} stage */
  constructor(stage) {
    this.stage = stage;
    stage.addEventListener("wheel", (event) => this.by(event.deltaY < 0 ? 1.2 : 1 / 1.2), { passive: true });
    stage.addEventListener("pointermove", (event) => event.buttons && this.move(event.movementX, event.movementY));
    stage.addEventListener("dblclick", () => this.by(this.scale > 1 ? 0 : 3));
  }

  /** @param {HTMLImageElement} picture */
  show(picture) {
    Object.assign(this, { picture, scale: 1 });
    this.#at = { x: 0, y: 0 };
    replace(this.stage, picture);
  }

  /** @param {number} factor 0 shows all of it again */
  by(factor) {
    this.scale = Math.min(Math.max(this.scale * factor, 1), MOST);
    this.move(0, 0);
  }

  /** No farther than to the picture's edges, so that it can't be lost. */
  move(right, down) {
    const within = (value, side) => {
      const most = ((this.scale - 1) * side) / 2;
      return Math.min(Math.max(value, -most), most);
    };
    const x = within(this.#at.x + right, this.picture.clientWidth);
    const y = within(this.#at.y + down, this.picture.clientHeight);
    this.#at = { x, y };
    this.picture.style.transform = `translate(${x}px, ${y}px) scale(${this.scale})`;
  }
}
