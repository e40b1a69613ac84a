import { h, replace } from "../dom.js";

const AROUND = 8;

/** A list box of any length, of which only the rows in sight are in the page. */
export class Rows {
  #items = [];
  #active = -1;

  /**
   * @param {object} given
   * @param {string} given.label
   * @param {(item: any) => any[]} given.draw what a row holds
   * @param {(item: any) => void} given.choose
   * @param {() => void} given.end is called when the end comes into sight
   */
  constructor({ label, draw, choose, end }) {
    Object.assign(this, { draw, choose, end });
    this.chosen = "";
    this.inner = h("div", { class: "rows-inner", role: "presentation" });
    this.element = h("div", { class: "rows", role: "listbox", tabIndex: 0, "aria-label": label }, this.inner);
    this.#chooseByPress();
    this.element.addEventListener("scroll", () => this.#draw(), { passive: true });
    this.element.addEventListener("keydown", (event) => this.#byKey(event));
    this.element.addEventListener(
      "focus",
      () => this.#active < 0 && this.#activate(Math.max(0, this.#place(this.chosen))),
    );
    new ResizeObserver(() => this.#draw()).observe(this.element);
  }

  /** @param {{id: string}[]} items */
  set(items) {
    const active = this.#items[this.#active]?.id;
    this.#items = items;
    this.element.style.setProperty("--count", items.length);
    this.#active = active ? this.#place(active) : -1;
    this.#draw();
  }

  /** @param {string} id */
  mark(id) {
    this.chosen = id;
    this.#active = this.#place(id);
    this.#draw();
  }

  #place(id) {
    return this.#items.findIndex((item) => item.id === id);
  }

  get #height() {
    const rows = parseFloat(getComputedStyle(this.element).getPropertyValue("--row-height"));
    return rows * parseFloat(getComputedStyle(document.documentElement).fontSize);
  }

  #draw() {
    const height = this.#height;
    const { scrollTop, clientHeight } = this.element;
    this.inner.style.height = `${height * this.#items.length}px`;
    const first = Math.max(0, Math.floor(scrollTop / height) - AROUND);
    const last = Math.min(this.#items.length, Math.ceil((scrollTop + clientHeight) / height) + AROUND);
    replace(
      this.inner,
      this.#items.slice(first, last).map((item, place) => this.#row(item, first + place, height)),
    );
    if (this.#active >= first && this.#active < last)
      this.element.setAttribute("aria-activedescendant", `row-${this.#items[this.#active].id}`);
    else this.element.removeAttribute("aria-activedescendant");
    if (last >= this.#items.length - AROUND) this.end();
  }

  #row(item, place, height) {
    const row = h(
      "div",
      {
        id: `row-${item.id}`,
        class: place === this.#active ? "row active" : "row",
        role: "option",
        "aria-selected": String(item.id === this.chosen),
        "aria-setsize": String(this.#items.length),
        "aria-posinset": String(place + 1),
      },
      this.draw(item),
    );
    row.style.transform = `translateY(${place * height}px)`;
    return row;
  }

  /** The pressed row may be drawn anew before the button is released, and then gets no click. */
  #chooseByPress() {
    let pressed = "";
    const row = ({ target }) => target.closest("[role=option]")?.id;
    const choose = (id) => {
      const item = this.#items.find((each) => `row-${each.id}` === id);
      if (item) this.choose(item);
    };
    this.inner.addEventListener("mousedown", (event) => (pressed = event.button ? "" : row(event)));
    this.inner.addEventListener("mouseup", (event) => pressed && pressed === row(event) && choose(pressed));
    this.inner.addEventListener("click", (event) => event.detail || choose(row(event))); // as from a screen reader
  }

  #byKey(event) {
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.#height) - 1);
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key in moves) {
      event.preventDefault();
      this.#activate(Math.min(Math.max(this.#active + moves[event.key], 0), this.#items.length - 1));
    } else if ((event.key === "Enter" || event.key === " ") && this.#items[this.#active]) {
      event.preventDefault();
      this.choose(this.#items[this.#active]);
    }
  }

  #activate(place) {
    if (!this.#items.length) return;
    this.#active = place;
    const [top, height] = [place * this.#height, this.#height];
    const { element } = this;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + height > element.scrollTop + element.clientHeight)
      element.scrollTop = top + height - element.clientHeight;
    this.#draw();
  }
}
