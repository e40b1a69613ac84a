import { announce, h, replace } from "../dom.js";
import { keep, recall } from "../kept.js";
import { Poll } from "../polling.js";
import { actions } from "./actions.js";
import { details } from "./details.js";
import { Gallery } from "./gallery.js";
import { final } from "./jobs.js";
import { Progress } from "./progress.js";

const EMPTY = "Pictures appear here. Order one, or choose a job.";

/** "Output": one job, followed until it is final. */
export class Output {
  /** @type {any} */
  job = null;
  #id = recall("job", null);

  /**
   * @param {import("./jobs.js").Jobs} jobs
   * @param {{toTxt2img: Function, toImg2img: Function}} does what sends a job's picture, and its content, to a form
   */
  constructor(jobs, does) {
    this.jobs = jobs;
    this.does = does;
    this.poll = new Poll(() => this.#look(), { least: 700, most: 8_000 });
    this.gallery = new Gallery(() => this.#renew());
    this.progress = new Progress();
    this.head = h("p", { class: "job-name", tabIndex: -1 });
    this.buttons = h("div", { class: "actions" });
    this.details = h("div", { class: "job-details" });
    this.infotext = h("pre");
    this.gallery.changed.addEventListener("change", () => replace(this.infotext, this.gallery.current?.infotext ?? ""));
    this.error = h("p", { class: "refusal", role: "alert", hidden: true });
    this.note = h("p", { class: "refusal", role: "alert", hidden: true });
    this.empty = h("p", { class: "empty-output", role: "status", tabIndex: -1 }, EMPTY);
    this.body = h(
      "div",
      { class: "output-body", hidden: true },
      this.head,
      this.progress.element,
      this.gallery.element,
      this.error,
      this.note,
      this.buttons,
      this.details,
    );
    const title = h("h2", { id: "output-title" }, "Output");
    this.element = h(
      "section",
      { class: "panel output", "aria-labelledby": "output-title" },
      title,
      this.empty,
      this.body,
    );
  }

  start() {
    return this.#id && this.show(this.#id);
  }

  /** @param {string} id */
  show(id) {
    this.#id = id;
    this.job = null;
    keep("job", id);
    this.jobs.dispatchEvent(new CustomEvent("chosen", { detail: id }));
    this.empty.hidden = true;
    this.body.hidden = false;
    this.error.hidden = this.note.hidden = true;
    replace(this.head, `Job ${id}`);
    replace(this.buttons);
    replace(this.details);
    this.gallery.show(null);
    this.progress.show(null);
    return this.poll.start();
  }

  /** @param {string} [said] */
  close(said = EMPTY) {
    const held = this.body.contains(document.activeElement);
    this.#id = null;
    this.job = null;
    keep("job", null);
    this.poll.stop();
    this.body.hidden = true;
    this.empty.hidden = false;
    this.empty.textContent = said;
    if (held) this.empty.focus();
  }

  async #look() {
    const id = this.#id;
    let job;
    try {
      job = await this.jobs.api.get(`/jobs/${id}`);
    } catch (error) {
      if (error.status === 404) this.#gone(id);
      throw error;
    }
    if (id !== this.#id) return true;
    const before = this.job;
    this.job = job;
    this.#show(before);
    if (final(job)) this.poll.stop();
    if (JSON.stringify([before?.status, before?.progress]) === JSON.stringify([job.status, job.progress])) return false;
    this.jobs.put(summary(job));
    if (before && before.status !== job.status) announce(`The job ${job.status}.`);
    return true;
  }

  /** It was deleted by another tab or program, or has expired. */
  #gone(id) {
    this.jobs.drop(id);
    if (id === this.#id) this.close(`The job ${id} is gone: it was deleted.`);
  }

  #show(before) {
    const { job } = this;
    replace(
      this.head,
      h("span", {}, `${job.task} · ${job.id}`),
      h("span", { class: `state ${job.status}` }, job.status),
    );
    this.progress.show(job);
    this.gallery.show(job);
    Object.assign(this.error, { textContent: job.error ?? "", hidden: !job.error });
    if (before && final(before) === final(job)) return; // a button that stays keeps its focus
    const held = this.buttons.contains(document.activeElement);
    replace(this.buttons, actions(this));
    replace(this.details, details(job, this.infotext));
    if (held) this.head.focus();
  }

  /** Links are good for an hour. */
  async #renew() {
    const id = this.#id;
    const job = await this.jobs.api.get(`/jobs/${id}`);
    if (id !== this.#id) return; // another was chosen meanwhile
    this.job = job;
    this.gallery.show(job);
  }
}

const SHOWN = ["id", "task", "status", "endpoint", "checkpoint", "progress", "created_at", "started_at", "finished_at"];

function summary(job) {
  return Object.fromEntries(SHOWN.map((name) => [name, job[name]]));
}
