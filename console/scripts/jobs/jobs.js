import { Poll } from "../polling.js";

const PAGE = 50;
const LARGE_PAGE = 100;
const A_VIEW = 20; // rows that looking further down fetches at least
const FINAL = ["succeeded", "failed", "cancelled"];

/** @param {{status: string}} job */
export const final = (job) => FINAL.includes(job.status);

/** The caller's jobs, newest first, as far as they have been looked at. */
export class Jobs extends EventTarget {
  /** @type {any[]} of every kind */
  all = [];
  filter = { status: "", task: "" };
  /** Whether `all` means anything: an answer has come for this filter. */
  looked = false;
  #cursor = null;
  #loading = false;
  /** @type {{cursor: string, after: string} | null} the next page that is to be read again */
  #next = null;

  /** @param {import("../api.js").Api} api */
  constructor(api) {
    super();
    this.api = api;
    this.poll = new Poll(() => this.#look(), { least: 1_500, most: 20_000 });
  }

  /** Those of the kind asked for. The API would read all to find them, so all are fetched and filtered here. */
  get listed() {
    const { task } = this.filter;
    return task ? this.all.filter((job) => job.task === task) : this.all;
  }

  get more() {
    return this.#cursor !== null;
  }

  start() {
    return this.poll.start();
  }

  /** @param {{status: string, task: string}} filter */
  show(filter) {
    const same = filter.status === this.filter.status;
    this.filter = filter;
    if (same) return this.#changed();
    Object.assign(this, { all: [], looked: false });
    this.#cursor = this.#next = null;
    this.#changed();
    return this.poll.now();
  }

  /** Fetch older ones, if there are any and they are not on their way already. */
  async loadMore() {
    if (!this.more || this.#loading) return;
    this.#loading = true;
    const enough = this.listed.length + A_VIEW;
    const { filter } = this;
    try {
      while (this.more && filter === this.filter && this.listed.length < enough) await this.#older();
    } finally {
      this.#loading = false;
    }
    this.#changed(); // the list's end may be in sight still
  }

  async #older() {
    const from = this.#cursor;
    const { jobs, next_cursor: cursor } = await this.#page(LARGE_PAGE, from);
    if (from !== this.#cursor) return; // the list has begun anew
    this.#cursor = cursor;
    this.all.push(...jobs);
    this.#changed();
  }

  /** What is known of a job in another way, such as by the answer to its order. */
  put(job) {
    const place = this.all.findIndex(({ id }) => id <= job.id);
    const fits = !this.filter.status || this.filter.status === job.status;
    if (place >= 0 && this.all[place].id === job.id) this.all.splice(place, 1, ...(fits ? [job] : []));
    else if (fits && place !== -1) this.all.splice(place, 0, job);
    else if (fits && !this.more) this.all.push(job);
    this.#changed();
  }

  /** @param {string} id of one that has been deleted */
  drop(id) {
    this.all = this.all.filter((job) => job.id !== id);
    this.#changed();
  }

  #page(limit, cursor = null) {
    return this.api.get("/jobs", { status: this.filter.status, limit, cursor });
  }

  /** Fetch the newest, and a page of those behind them that may have changed since. @returns whether something had */
  async #look() {
    const { status } = this.filter;
    const newest = await this.#page(PAGE);
    if (status !== this.filter.status) return true;
    let changed = this.#takeNewest(newest) || !this.looked;
    if (this.#next) {
      const page = await this.#page(LARGE_PAGE, this.#next.cursor);
      if (status !== this.filter.status) return true;
      changed = (this.#next && this.#takeAgain(page, this.#next.after)) || changed;
    }
    this.looked = true;
    if (changed) this.#changed();
    else if (!this.listed.length) this.loadMore().catch(() => {}); // which may have failed before
    return changed;
  }

  #takeNewest({ jobs, next_cursor: cursor }) {
    const last = jobs.at(-1)?.id ?? "";
    const known = this.all.length > 0 && jobs.length > 0 && this.all[0].id >= last;
    const older = known && cursor ? this.all.filter(({ id }) => id < last) : [];
    if (older.length === 0) this.#cursor = cursor;
    this.#next = older.some(unfinished) ? (this.#next ?? { cursor, after: last }) : null;
    return this.#put([], jobs, older);
  }

  /** With each look, read one page of older ones again, as long as some of those behind it are not done. */
  #takeAgain({ jobs, next_cursor: cursor }, after) {
    const last = cursor ? (jobs.at(-1)?.id ?? after) : "";
    const newer = this.all.filter(({ id }) => id >= after);
    const older = this.all.filter(({ id }) => id < last);
    if (older.length === 0) this.#cursor = cursor;
    this.#next = older.some(unfinished) ? { cursor, after: last } : null;
    return this.#put(newer, jobs, older);
  }

  /** What is missing from the page it belongs on has been deleted, or has left the state that is filtered by. */
  #put(newer, jobs, older) {
    const before = this.all.slice(newer.length, this.all.length - older.length);
    this.all = [...newer, ...jobs, ...older];
    return JSON.stringify(before) !== JSON.stringify(jobs);
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

const unfinished = (job) => !final(job);
