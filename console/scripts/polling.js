const SLOWER = 1.4;
const MOST_AFTER_FAILURES = 60_000;

/** Looks again and again: soon if something changed, ever less often if nothing does, never in a hidden tab. */
export class Poll {
  #timer = 0;
  #running = false;
  /** @type {Promise<void> | null} */
  #looking = null;
  #stale = false;

  /**
   * @param {() => Promise<boolean>} look whether something had changed
   * @param {{least: number, most: number}} pace milliseconds between two looks
   */
  constructor(look, { least, most }) {
    this.look = look;
    this.least = least;
    this.most = most;
    this.interval = least;
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#wait() : this.#running && this.now()));
  }

  start() {
    this.#running = true;
    return this.now();
  }

  stop() {
    this.#running = false;
    clearTimeout(this.#timer);
  }

  /** Look at once, and again soon. A look that is under way may see the state before, so another one follows it. */
  now() {
    this.interval = this.least;
    this.#stale = true;
    return this.#looks();
  }

  #looks() {
    clearTimeout(this.#timer);
    this.#looking ??= this.#untilFresh();
    return this.#looking;
  }

  async #untilFresh() {
    do {
      this.#stale = false;
      await this.#once();
    } while (this.#stale);
    this.#looking = null;
    this.#wait();
  }

  async #once() {
    try {
      this.interval = (await this.look()) ? this.least : Math.min(this.interval * SLOWER, this.most);
    } catch (error) {
      // `look` has shown what is wrong; here it only means to be patient.
      this.interval = Math.max(Math.min(this.interval * 2, MOST_AFTER_FAILURES), (error.retryAfter ?? 0) * 1000);
    }
  }

  #wait() {
    clearTimeout(this.#timer);
    if (this.#running && !document.hidden) this.#timer = setTimeout(() => this.#looks(), this.interval);
  }
}
