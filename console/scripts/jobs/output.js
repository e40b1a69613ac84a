import { announce, h, replace } from "../dom.js";
import { keep, recall } from "../kept.js";
import { fetched } from "../pictures.js";
import { Poll } from "../polling.js";
import { actions } from "./actions.js";
import { details } from "./details.js";
import { Gallery } from "./gallery.js";
import { final } from "./jobs.js";
import { Progress } from "./progress.js";

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
    this.head = h("p", { class: "job-name" });
    this.buttons = h("div", { class: "actions" });
    this.details = h("div", { class: "job-details" });
    this.infotext = h("pre");
    this.gallery.changed.addEventListener("change", () => replace(this.infotext, this.gallery.current?.infotext ?? ""));
    this.note = h("p", { class: "refusal", role: "alert", hidden: true });
    this.empty = h("p", { class: "empty-output" }, "Pictures appear here. Order one, or choose a job.");
    this.body = h(
      "div",
      { class: "output-body", hidden: true },
      this.head,
      this.progress.element,
      this.gallery.element,
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
    this.note.hidden = true;
    replace(this.head, `Job ${id}`);
    replace(this.buttons);
    replace(this.details);
    this.gallery.show(null);
    this.progress.show(null);
    return this.poll.start();
  }

  close() {
    this.#id = null;
    keep("job", null);
    this.poll.stop();
    this.body.hidden = true;
    this.empty.hidden = false;
  }

  /**
   * @param {{file: string, url: string}} image
   * @returns {Promise<Blob>} its content, by a fresh link where the one at hand has expired
   */
  async picture(image) {
    try {
      return await fetched(image.url);
    } catch {
      await this.#renew();
      return fetched(this.gallery.images.find(({ file }) => file === image.file).url);
    }
  }

  async #look() {
    const id = this.#id;
    let job;
    try {
      job = await this.jobs.api.get(`/jobs/${id}`);
    } catch (error) {
      if (error.status === 404 && id === this.#id) this.close(); // deleted, here or in another tab
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

  #show(before) {
    const { job } = this;
    replace(
      this.head,
      h("span", {}, `${job.task} · ${job.id}`),
      h("span", { class: `state ${job.status}` }, job.status),
    );
    this.progress.show(job);
    this.gallery.show(job);
    this.note.hidden = !job.error;
    this.note.textContent = job.error ?? "";
    if (before?.status === job.status) return;
    replace(this.buttons, actions(this));
    replace(this.details, details(job, this.infotext));
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
