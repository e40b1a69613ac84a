import { announce, button, h } from "../dom.js";
import { choice, text, toggle } from "../form/controls.js";
import { clearRefusals, showRefusals } from "../form/refusals.js";
import { read, write } from "../form/values.js";
import { stem } from "../names.js";
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
  /** @type {Map<Upload, () => void>} those that are shown, each with what dismisses it */
  const shown = new Map();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearRefusals(form);
    const upload = new Upload(catalogue.api, file.files[0], read(form));
    const twin = [...shown.keys()].find((each) => same(each, upload));
    if (twin && twin.state !== "failed") return twin.state === "paused" && twin.run();
    shown.get(twin)?.();
    shown.set(upload, show(upload, uploads, form, catalogue, () => shown.delete(upload)));
    upload.run();
  });
  window.addEventListener("beforeunload", (event) => {
    if ([...shown.keys()].some(({ state }) => state === "sending")) event.preventDefault(); // then the browser asks
  });
  return form;
}

/** A second press must not make a second upload. */
function same(one, other) {
  return one.given.type === other.given.type && stem(one.given.name) === stem(other.given.name);
}

/**
 * Shows an upload until it has become a model, which the table shows, or is dismissed.
 * @returns {() => void} dismisses it
 */
function show(upload, uploads, form, catalogue, gone) {
  const { name } = upload.given;
  const bar = h("progress", { max: upload.file.size, value: 0, "aria-label": `Progress of ${name}` });
  const said = h("p", { class: "hint" });
  const end = () => {
    catalogue.removeEventListener("change", look);
    element.remove();
    gone();
  };
  const pause = button("Pause", () => upload.pause(), { "aria-label": `Pause ${name}` });
  const resume = button("Resume", () => upload.run(), { "aria-label": `Resume ${name}`, hidden: true });
  const dismiss = button("Dismiss", end, { "aria-label": `Dismiss ${name}`, hidden: true });
  const element = h("li", {}, h("strong", {}, name), bar, said, h("div", { class: "actions" }, pause, resume, dismiss));
  let state = "";
  const draw = () => {
    bar.value = upload.sent;
    said.textContent = sentence(upload);
    if (state === upload.state) return;
    const held = element.contains(document.activeElement);
    ({ state } = upload);
    pause.hidden = state !== "sending";
    resume.hidden = dismiss.hidden = !["paused", "failed"].includes(state);
    if (held) (pause.hidden ? resume : pause).focus();
    announce(`${name}: ${upload.reason || state}`);
    if (state === "failed" && upload.error.errors) showRefusals(form, upload.error.errors);
    if (state === "checking") catalogue.refresh();
    if (state === "done") end();
  };
  const look = () => inTable(upload, catalogue) && end();
  upload.addEventListener("change", draw);
  catalogue.addEventListener("change", look);
  uploads.prepend(element);
  return end;
}

/** Whether the table says what has become of it. */
function inTable({ state, given }, catalogue) {
  const model = catalogue.of(given.type).find(({ name }) => stem(name) === stem(given.name));
  return state === "checking" && ["active", "failed"].includes(model?.state);
}

function sentence({ state, sent, file, reason }) {
  const progress = `${size(sent)} of ${size(file.size)}`;
  const sentences = {
    sending: progress,
    paused: `Paused at ${progress}`,
    failed: reason,
    checking: "Uploaded; it is being checked.",
    done: "It is a model now.",
  };
  return sentences[state];
}
