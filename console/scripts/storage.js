// If a browser lets the page keep nothing, or nothing more, things are kept until the page is left.

/** What both stores have in common, for as long as the page is open. */
class Memory {
  #values = new Map();

  getItem(name) {
    return this.#values.get(name) ?? null;
  }

  setItem(name, value) {
    this.#values.set(name, value);
  }

  removeItem(name) {
    this.#values.delete(name);
  }

  clear() {
    this.#values.clear();
  }
}

/** A store that may refuse, in front of one that does not. */
class Store {
  #memory = new Memory();

  /** @param {"sessionStorage" | "localStorage"} name */
  constructor(name) {
    try {
      this.given = window[name] ?? new Memory(); // it throws if the browser keeps nothing
    } catch {
      this.given = new Memory();
    }
  }

  get(name) {
    return this.#memory.getItem(name) ?? this.given.getItem(name);
  }

  set(name, value) {
    this.#memory.removeItem(name);
    try {
      this.given.setItem(name, value);
    } catch {
      this.#memory.setItem(name, value);
    }
  }

  remove(name) {
    this.#memory.removeItem(name);
    this.given.removeItem(name);
  }

  clear() {
    this.#memory.clear();
    this.given.clear();
  }
}

/** For this tab. */
export const session = new Store("sessionStorage");

/** For all tabs, and for later visits. */
export const device = new Store("localStorage");
