import { button, h, replace } from "../dom.js";
import { onFiles } from "../dropping.js";
import { keepPicture, recallPicture } from "../kept.js";
import { firstPicture, NoPicture, readable } from "../pictures.js";

/** Takes one picture that is chosen, dropped or pasted, and keeps it over a reload. */
export class PictureBox {
  /** @type {Blob | null} */
  picture = null;
  /** Counts takes, to tell the newest picture: reading a large one may take longer than choosing the next. */
  #takes = 0;

  /**
   * @param {string} name under which it is kept
   * @param {string} label
   * @param {string} field what the API calls it
   * @param {string} [without] what applies if there is none
   */
  constructor(name, label, field, without = "") {
    Object.assign(this, { name, label, without });
    this.changed = new EventTarget();
    this.stage = h("div", { class: "stage" });
    this.note = h("p", { class: "refusal", role: "alert", hidden: true });
    const input = h("input", { type: "file", accept: "image/*", hidden: true });
    input.addEventListener("change", () => this.take(firstPicture(input.files)).then(() => (input.value = "")));
    const choose = button("Choose a file", () => input.click(), { "aria-label": `Choose a file: ${label}` });
    this.clear = button("Remove", () => this.set(null), { hidden: true, "aria-label": `Remove: ${label}` });
    this.element = h(
      "div",
      { class: "field picture", role: "group", "aria-label": label, "data-field": field },
      h("div", { class: "field-head" }, h("span", { class: "label" }, label), choose, this.clear),
      this.stage,
      input,
      this.note,
    );
    this.#takeDrops();
    this.#show();
  }

  /** Take the picture that was there before a reload. */
  async recall() {
    const take = this.#takes;
    const kept = await recallPicture(this.name);
    if (kept && take === this.#takes) this.#put(kept, true);
  }

  /** @param {Blob | undefined} file */
  async take(file) {
    this.note.hidden = true;
    this.#takes += 1;
    const take = this.#takes;
    try {
      const picture = await readable(file);
      if (take === this.#takes) await this.set(picture);
    } catch (error) {
      if (!(error instanceof NoPicture)) throw error;
      if (take !== this.#takes) return;
      this.note.textContent = error.message;
      this.note.hidden = false;
    }
  }

  /** @param {Blob | null} picture */
  async set(picture) {
    this.#takes += 1;
    this.#put(picture, false);
    await keepPicture(this.name, picture);
  }

  #put(picture, recalled) {
    this.picture = picture;
    this.note.hidden = true;
    this.#show();
    this.changed.dispatchEvent(new CustomEvent("change", { detail: { recalled } }));
    this.element.dispatchEvent(new Event("filled", { bubbles: true }));
  }

  #show() {
    this.clear.hidden = !this.picture;
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = this.picture && URL.createObjectURL(this.picture);
    const fit = ({ currentTarget: { naturalWidth, naturalHeight } }) => {
      this.stage.style.setProperty("--ratio", naturalWidth / naturalHeight);
    };
    const image = () => h("img", { src: this.url, alt: `${this.label}, as chosen`, draggable: false, onload: fit });
    const empty = () => [h("p", {}, "Drop or paste a picture here"), this.without && h("p", {}, this.without)];
    replace(this.stage, this.url ? image() : empty());
    this.stage.classList.toggle("empty", !this.url);
  }

  #takeDrops() {
    onFiles(this.element, (event) => {
      event.preventDefault();
      event.stopPropagation(); // here it is a picture to draw from, elsewhere one to read parameters from
      if (event.type === "drop") this.take(firstPicture(event.dataTransfer.files));
    });
    this.element.addEventListener("paste", (event) => {
      const file = firstPicture(event.clipboardData?.files);
      if (file) this.take(file);
    });
  }
}
