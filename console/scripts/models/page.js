import { removed } from "../dialogs.js";
import { button, h, iconButton } from "../dom.js";
import { keyed } from "../keyed.js";
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
  const remove = async ({ type, name }) => {
    note.hidden = true;
    const path = `/models/${type}/${encodeURIComponent(name)}`;
    try {
      await removed(catalogue.api, path, `the ${type} ${name}`, "Its file is removed from the bucket.");
    } catch (error) {
      Object.assign(note, { textContent: error.message, hidden: false });
    }
    await catalogue.refresh();
  };
  const none = h("tr", {}, h("td", { class: "hint", colSpan: columns.length }, "No models yet: upload one."));
  const key = ({ type, name }) => `${type}/${name}`;
  const show = keyed(body, key, (model) => row(model, () => remove(model)));
  catalogue.addEventListener("change", () => show(catalogue.models, none));
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
