import { h } from "../dom.js";
import { local } from "../time.js";

/**
 * What a job was ordered with, and what was said about it.
 * @param {any} job
 * @param {HTMLElement} infotext of the picture that is shown
 * @returns {any[]}
 */
export function details(job, infotext) {
  const { prompt, negative_prompt: negative, ...parameters } = job.parameters;
  return [
    job.warnings.length > 0 &&
      h(
        "ul",
        { class: "warnings", "aria-label": "Warnings" },
        job.warnings.map((warning) => h("li", {}, warning)),
      ),
    section("Prompt", prompt || "(empty)"),
    negative && section("Negative prompt", negative),
    h("details", { class: "extra" }, h("summary", {}, "Parameters"), table({ ...about(job), ...flat(parameters) })),
    job.images.length > 0 && h("details", { class: "extra" }, h("summary", {}, "Infotext"), infotext),
  ];
}

function about({ endpoint, checkpoint, created_at: created, started_at: started, finished_at: finished }) {
  return {
    endpoint,
    checkpoint,
    ordered: local(created),
    started: started && local(started),
    finished: finished && local(finished),
  };
}

function section(label, text) {
  return h("details", { class: "extra", open: true }, h("summary", {}, label), h("pre", {}, text));
}

/** Nested settings by dotted names, without what is null or empty. */
function flat(values, prefix = "") {
  const entries = Object.entries(values).flatMap(([name, value]) => {
    if (value === null || value === "" || (Array.isArray(value) && !value.length)) return [];
    return typeof value === "object" ? Object.entries(flat(value, `${prefix}${name}.`)) : [[prefix + name, value]];
  });
  return Object.fromEntries(entries);
}

function table(values) {
  const shown = Object.entries(values).filter(([, value]) => value !== null && value !== undefined);
  return h(
    "dl",
    {},
    shown.map(([name, value]) => [h("dt", {}, name), h("dd", {}, String(value))]),
  );
}
