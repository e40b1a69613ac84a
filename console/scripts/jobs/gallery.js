import { h, replace } from "../dom.js";
import { zoom } from "./zoom.js";

const A_WHILE = 60_000;

/** A job's pictures: one large, all small, any of them to be zoomed into. */
export class Gallery {
  /** @type {any[]} */
  images = [];
  place = 0;
  #job = "";
  #renewing = null;
  #mended = { job: "", at: 0 };

  /** @param {() => Promise<void>} renew fetches the job again, for fresh links */
  constructor(renew) {
    this.renew = renew;
    this.large = h("div", { class: "large" });
    this.small = h("div", { class: "thumbnails", role: "group", "aria-label": "All pictures of the job" });
    this.element = h("div", { class: "gallery", hidden: true }, this.large, this.small);
    this.element.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      this.choose(this.place + step);
      this.large.querySelector("button").focus();
    });
    this.changed = new EventTarget();
  }

  /** The picture that is shown large. */
  get current() {
    return this.images[this.place];
  }

  /** @param {any} job null shows nothing */
  show(job) {
    const extra = job?.extra_images.map((each) => ({ ...each, title: title(each, job) })) ?? [];
    const images = [...(job?.images ?? []), ...extra];
    const same = job?.id === this.#job && images.length === this.images.length && !this.#renewing;
    this.#job = job?.id ?? "";
    this.images = images;
    this.element.hidden = images.length === 0;
    if (same) return; // fresh links alone are no reason to load all pictures again
    if (this.place >= images.length || !this.#renewing) this.place = 0;
    this.small.hidden = images.length < 2;
    replace(this.small, images.length > 1 ? images.map((image, place) => this.#thumbnail(image, place)) : []);
    if (images.length) this.choose(this.place);
  }

  #thumbnail(image, place) {
    const show = () => this.choose(place);
    return h(
      "button",
      { type: "button", "aria-label": `Show ${named(image, place)}`, onclick: show },
      this.picture(image, place, "lazy"),
    );
  }

  /** @param {number} place of the picture to show large; past the last comes the first again */
  choose(place) {
    const count = this.images.length;
    this.place = (place + count) % count;
    const focused = this.large.contains(document.activeElement);
    const open = h(
      "button",
      { type: "button", class: "open", title: "Zoom", onclick: () => zoom(this) },
      this.picture(this.current, this.place, "eager"),
    );
    replace(this.large, open, h("p", { class: "hint" }, caption(this.current, this.place, count)));
    if (focused) open.focus();
    for (const [each, button] of [...this.small.children].entries())
      button.setAttribute("aria-current", String(each === this.place));
    this.changed.dispatchEvent(new Event("change"));
  }

  /**
   * @param {any} image
   * @param {number} place
   * @param {"lazy" | "eager"} loading
   * @returns {HTMLImageElement} which renews an expired link by itself
   */
  picture(image, place, loading) {
    const { url, width, height } = image;
    const alt = named(image, place);
    return h("img", { src: url, alt, width, height, loading, onerror: () => this.#mend() });
  }

  /** A link that has expired is renewed; a picture that is gone is not asked for again and again. */
  #mend() {
    if (this.#renewing) return;
    if (this.#mended.job === this.#job && Date.now() - this.#mended.at < A_WHILE) return;
    this.#mended = { job: this.#job, at: Date.now() };
    this.#renewing = this.renew()
      .catch(() => {}) // the page says that the API does not answer
      .finally(() => (this.#renewing = null));
  }
}

/** A map's unit is named by its preprocessor: its number on the form is not known any more. */
function title({ kind, unit }, { parameters }) {
  if (kind === "grid") return "the grid of all pictures";
  const units = parameters.alwayson_scripts?.controlnet?.args ?? [];
  const place = units.length > 1 ? ` ${unit + 1} of ${units.length}` : "";
  return `the control map${place}, ${units[unit]?.module ?? "of a unit"}`;
}

/** @returns {string} */
function named(image, place) {
  return image.title ?? `picture ${place + 1}, seed ${image.seed}`;
}

function caption(image, place, count) {
  const what = image.title ?? `Seed ${image.seed}`;
  return `${place + 1} of ${count} · ${what} · ${image.width}×${image.height}`;
}
