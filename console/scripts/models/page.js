import { confirmed } from "../dialogs.js";
import { button, h, iconButton, replace } from "../dom.js";
import { local, size } from "../time.js";
import { uploadForm } from "./form.js";
import { TYPES } from "./types.js";

/**
 * "Models": what there is, and uploads.
 * @param {import("../cloud/catalogue.js").Catalogue} catalogue
 * @returns {HTMLElement}
 */
export function modelsPage(catalogue) {
  const body = h("tbody");
  const note = h("p", { class: "refusal", role: "alert", hidden: true });
  const columns = ["Name", "Type", "State", "Base", "Size", "Last used", "What to do"];
  const table = h(
    "table",
    {},
    h("caption", { class: "unseen" }, "Models"),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        columns.map((name) => h("th", { scope: "col" }, name)),
      ),
    ),
    body,
  );
  const remove = (model) => async () => {
    if (!(await confirmed(`Delete the ${model.type} ${model.name}?`, "Its file is removed from the bucket.", "Delete")))
      return;
    note.hidden = true;
    try {
      await catalogue.api.delete(`/models/${model.type}/${encodeURIComponent(model.name)}`);
    } catch (error) {
      Object.assign(note, { textContent: error.message, hidden: false });
    }
    await catalogue.refresh();
  };
  catalogue.addEventListener("change", () =>
    replace(
      body,
      catalogue.models.length
        ? catalogue.models.map((model) => row(model, remove(model)))
        : h("tr", {}, h("td", { class: "hint", colSpan: columns.length }, "No models yet: upload one.")),
    ),
  );
  const refresh = iconButton("refresh", "Refresh the table of models", () => catalogue.refresh());
  return h(
    "div",
    { class: "page" },
    uploadForm(catalogue),
    h(
      "section",
      { class: "panel", "aria-labelledby": "models-title" },
      h("div", { class: "panel-head" }, h("h2", { id: "models-title" }, "Models"), refresh),
      note,
      h("div", { class: "scrolled", tabIndex: 0, role: "region", "aria-label": "Table of models" }, table),
    ),
  );
}

function row(model, remove) {
  const { name, type, state, reason, base, size: bytes, last_used_at: used, metadata } = model;
  const words = metadata?.trigger_words?.length ? h("small", {}, metadata.trigger_words.slice(0, 5).join(", ")) : null;
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, name, words),
    h("td", { "data-label": "Type" }, TYPES[type] ?? type),
    h(
      "td",
      { "data-label": "State" },
      h("span", { class: `state ${state}` }, state),
      reason && h("p", { class: "refusal" }, reason),
    ),
    h("td", { "data-label": "Base" }, base ?? "–"),
    h("td", { "data-label": "Size" }, size(bytes)),
    h("td", { "data-label": "Last used" }, used ? local(used) : "–"),
    h("td", {}, button("Delete", remove, { "aria-label": `Delete the ${type} ${name}` })),
  );
}
