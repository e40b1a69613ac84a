import { button, h } from "../dom.js";
import { choice, text, toggle } from "../form/controls.js";
import { clearRefusals, showRefusals } from "../form/refusals.js";
import { read, write } from "../form/values.js";
import { size } from "../time.js";
import { TYPES } from "./types.js";
import { Upload } from "./upload.js";

/**
 * Uploads files as models, several at a time.
 * @param {import("../cloud/catalogue.js").Catalogue} catalogue
 * @returns {HTMLElement}
 */
export function uploadForm(catalogue) {
  const uploads = h("ul", { class: "uploads", "aria-label": "Uploads" });
  const file = h("input", {
    type: "file",
    id: "model-file",
    accept: ".safetensors,.ckpt,.pt,.pth,.bin",
    required: true,
  });
  const form = h(
    "form",
    { class: "panel", "aria-labelledby": "upload-title" },
    h("h2", { id: "upload-title" }, "Upload a model"),
    h(
      "div",
      { class: "columns" },
      h("div", { class: "field", "data-field": "size" }, h("label", { htmlFor: "model-file" }, "File"), file),
      choice({ name: "type", label: "Type", field: "type", options: Object.entries(TYPES) }),
      text({ name: "name", label: "File name in the cloud", field: "name", placeholder: "foo.safetensors" }),
      toggle({ name: "replace", label: "Replace the model of that name", field: "replace" }),
    ),
    h("div", { class: "actions" }, h("button", { type: "submit", class: "primary" }, "Upload")),
    uploads,
  );
  file.addEventListener("change", () => file.files[0] && write(form, { name: file.files[0].name }));
  /** @type {Set<Upload>} */
  const begun = new Set();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearRefusals(form);
    const upload = new Upload(catalogue.api, file.files[0], read(form));
    begun.add(upload);
    uploads.prepend(item(upload, form, catalogue));
    upload.run();
  });
  window.addEventListener("beforeunload", (event) => {
    if ([...begun].some(({ state }) => state === "sending")) event.preventDefault(); // the browser asks
  });
  return form;
}

/** Shows an upload until it has become a model, which the table shows, or is dismissed. */
function item(upload, form, catalogue) {
  const { name } = upload.given;
  const bar = h("progress", { max: upload.file.size, value: 0, "aria-label": `Progress of ${name}` });
  const said = h("p", { class: "hint", role: "status" });
  const pause = button("Pause", () => upload.pause(), { "aria-label": `Pause ${name}` });
  const resume = button("Resume", () => upload.run(), { "aria-label": `Resume ${name}`, hidden: true });
  const dismiss = button("Dismiss", () => element.remove(), { "aria-label": `Dismiss ${name}`, hidden: true });
  const element = h("li", {}, h("strong", {}, name), bar, said, h("div", { class: "actions" }, pause, resume, dismiss));
  const show = () => {
    bar.value = upload.sent;
    pause.hidden = upload.state !== "sending";
    resume.hidden = dismiss.hidden = !["paused", "failed"].includes(upload.state);
    const now = sentence(upload);
    if (said.textContent !== now) said.textContent = now;
    if (upload.state === "failed" && upload.error.errors) showRefusals(form, upload.error.errors);
    if (upload.state === "checking") catalogue.refresh();
    if (upload.state === "done") element.remove();
  };
  upload.addEventListener("change", show);
  catalogue.addEventListener("change", () => inTable(upload, catalogue) && element.remove());
  return element;
}

/** Whether the table says what has become of it. */
function inTable({ state, stem, given }, catalogue) {
  const model = catalogue.of(given.type).find(({ name }) => name === stem);
  return state === "checking" && ["active", "failed"].includes(model?.state);
}

function sentence({ state, sent, file, reason }) {
  const progress = `${size(sent)} of ${size(file.size)}`;
  const sentences = {
    sending: progress,
    paused: `Paused at ${progress}`,
    failed: reason,
    checking: "Uploaded; it is being checked.",
  };
  return sentences[state];
}
