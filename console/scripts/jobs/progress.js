import { h } from "../dom.js";
import { duration } from "../time.js";
import { final } from "./jobs.js";

const A_WHILE = 10_000; // milliseconds: by then there is a newer preview

/** How far a job is, and what it looks like by now. */
export class Progress {
  #preview = "";

  constructor() {
    this.bar = h("progress", { max: 1, "aria-label": "Progress of the job" });
    this.text = h("p", { class: "hint" });
    this.image = h("img", { class: "preview", alt: "Preview of the picture as it is by now", hidden: true });
    this.element = h("div", { class: "progress", hidden: true }, this.image, this.bar, this.text);
  }

  /** @param {any} job null while it is not known */
  show(job) {
    this.element.hidden = !job || final(job);
    if (!job || this.element.hidden) return this.#drop();
    if (job.status === "running") this.bar.value = job.progress;
    else this.bar.removeAttribute("value");
    this.text.textContent = said(job);
    const drawn = `${job.id} ${job.step}`;
    if (!job.preview_url || !job.step || drawn === this.drawn) return;
    this.drawn = drawn;
    this.#load(job.preview_url, job.id);
  }

  /** The link opens nothing until there is a first preview, so it is tried before it is shown. */
  async #load(url, id) {
    this.id = id;
    const request = { cache: "no-store", signal: AbortSignal.timeout(A_WHILE) };
    const preview = await fetch(url, request)
      .then((response) => (response.ok ? response.blob() : null))
      .catch(() => null);
    if (!preview || this.id !== id || this.element.hidden) return;
    const shown = URL.createObjectURL(preview);
    URL.revokeObjectURL(this.#preview);
    this.#preview = shown;
    Object.assign(this.image, { src: shown, hidden: false });
  }

  #drop() {
    this.id = null;
    this.image.hidden = true;
    this.image.removeAttribute("src");
    URL.revokeObjectURL(this.#preview);
  }
}

function said(job) {
  if (job.status === "queued") return waiting(job);
  const left = job.eta_seconds ? ` · about ${duration(job.eta_seconds)} left` : "";
  const step = job.step ? `Step ${job.step} of ${job.steps}` : "Loading the models";
  return `${Math.round(job.progress * 100)} % · ${step}${left}`;
}

function waiting({ waiting_for: what, ahead }) {
  if (what === "instance") return "Queued: the endpoint is starting an instance, which takes some minutes.";
  if (ahead) return `Queued: ${ahead === 1 ? "one job comes" : `${ahead} jobs come`} first.`;
  return "Queued: it is next.";
}
