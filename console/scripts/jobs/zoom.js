import { button, h, replace } from "../dom.js";

const MOST = 16;

/**
 * One picture over the whole window. Arrow keys show the others, + and - zoom, Escape closes.
 * @param {import("./gallery.js").Gallery} gallery
 */
export function zoom(gallery) {
  const view = { scale: 1, x: 0, y: 0 };
  const stage = h("div", { class: "zoom-stage" });
  const count = h("p", { role: "status" });
  const dialog = h("dialog", { class: "zoom", "aria-label": "The picture, large" }, stage);
  let place = gallery.place;

  const show = (step) => {
    place = (place + step + gallery.images.length) % gallery.images.length;
    const { url, seed } = gallery.images[place];
    Object.assign(view, { scale: 1, x: 0, y: 0 });
    replace(
      stage,
      h("img", {
        src: url,
        alt: seed === undefined ? "An extra picture" : `Picture with seed ${seed}`,
        draggable: false,
      }),
    );
    count.textContent = `${place + 1} of ${gallery.images.length}`;
  };
  const move = () => {
    stage.firstChild.style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.scale})`;
  };
  const by = (factor) => {
    view.scale = Math.min(Math.max(view.scale * factor, 1), MOST);
    if (view.scale === 1) Object.assign(view, { x: 0, y: 0 });
    move();
  };

  const keys = {
    ArrowRight: () => show(1),
    ArrowLeft: () => show(-1),
    "+": () => by(1.5),
    "=": () => by(1.5),
    "-": () => by(1 / 1.5),
    0: () => by(0),
  };
  dialog.addEventListener("keydown", (event) => keys[event.key]?.());
  stage.addEventListener("wheel", (event) => by(event.deltaY < 0 ? 1.2 : 1 / 1.2), { passive: true });
  stage.addEventListener("pointermove", (event) => {
    if (!event.buttons) return;
    view.x += event.movementX;
    view.y += event.movementY;
    move();
  });
  stage.addEventListener("dblclick", () => by(view.scale > 1 ? 0 : 3));
  dialog.addEventListener("close", () => dialog.remove());
  const several = gallery.images.length > 1;
  dialog.append(
    h(
      "div",
      { class: "zoom-tools" },
      several && button("‹", () => show(-1), { "aria-label": "Previous picture" }),
      count,
      several && button("›", () => show(1), { "aria-label": "Next picture" }),
      button("−", () => by(1 / 1.5), { "aria-label": "Zoom out" }),
      button("+", () => by(1.5), { "aria-label": "Zoom in" }),
      button("Close", () => dialog.close()),
    ),
  );
  document.body.append(dialog);
  show(0);
  dialog.showModal();
}
