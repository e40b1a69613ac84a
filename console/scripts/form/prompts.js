import { fresh, h } from "../dom.js";
import { weighByKeys } from "./attention.js";
import { count } from "./tokens.js";

/**
 * The two prompts, each with its number of tokens.
 * @returns {HTMLElement}
 */
export function prompts() {
  return h(
    "div",
    { class: "prompts" },
    prompt("prompt", "Prompt", 4, "What the picture is to show"),
    prompt("negative_prompt", "Negative prompt", 2, "What it is not to show"),
  );
}

/**
 * @param {string} name
 * @param {string} label
 * @param {number} rows
 * @param {string} placeholder
 * @returns {HTMLElement}
 */
export function prompt(name, label, rows, placeholder) {
  const id = fresh(name);
  const tokens = h("span", { class: "tokens", title: "Tokens, of those that its chunks hold" });
  const area = h("textarea", { id, name, rows, placeholder, spellcheck: false, maxLength: 12_000 });
  const show = async () => {
    const asked = area.value;
    const { tokens: taken, room } = await count(asked);
    if (asked === area.value) tokens.textContent = `${taken}/${room}`;
  };
  for (const change of ["input", "filled"])
    area.addEventListener(change, () => show().catch(() => (tokens.textContent = "")));
  weighByKeys(area);
  const head = h("div", { class: "field-head" }, h("label", { htmlFor: id }, label), tokens);
  return h("div", { class: "field", "data-field": `parameters.${name}` }, head, area);
}
