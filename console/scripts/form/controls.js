import { fresh, h } from "../dom.js";

/**
 * @typedef {object} Control
 * @property {string} name in the form
 * @property {string} label
 * @property {string} [field] what the API calls it, where a refusal names it; else parameters.NAME
 * @property {any} [value] to begin with
 */

function labelled({ name, label, field = `parameters.${name}` }, control, ...more) {
  control.id = fresh(name);
  control.name = name;
  return h(
    "div",
    { class: "field", "data-field": field },
    h("label", { htmlFor: control.id }, label),
    control,
    ...more,
  );
}

/**
 * A number with a slider beside it.
 * @param {Control & {min: number, max: number, step: number}} control
 * @returns {HTMLElement}
 */
export function slider({ min, max, step, value, ...control }) {
  const bounds = { min, max, step, value };
  const number = h("input", { type: "number", required: true, ...bounds });
  const range = h("input", { type: "range", "aria-label": `${control.label}, as a slider`, ...bounds });
  const follow = () => (range.value = number.value);
  range.addEventListener("input", () => {
    number.value = range.value;
    number.dispatchEvent(new Event("input", { bubbles: true }));
  });
  for (const change of ["input", "filled"]) number.addEventListener(change, follow);
  const field = labelled(control, number, range);
  field.classList.add("slider");
  return field;
}

/**
 * @param {Control & {min?: number, max?: number, step?: number}} control
 * @param {...any} more
 * @returns {HTMLElement}
 */
export function number({ min, max, step = 1, value, ...control }, ...more) {
  const bounds = Object.fromEntries(Object.entries({ min, max }).filter(([, bound]) => bound !== undefined));
  return labelled(control, h("input", { type: "number", required: true, step, value, ...bounds }), ...more);
}

/**
 * @param {Control & {options: (string | [string, string])[]}} control options are values, or values with their labels
 * @returns {HTMLElement}
 */
export function choice({ options, value, ...control }) {
  const select = h("select");
  offer(select, options);
  if (value !== undefined) choose(select, value);
  select.addEventListener("input", () => delete select.dataset.wanted);
  return labelled(control, select);
}

/**
 * @param {Control & {placeholder?: string}} control
 * @returns {HTMLElement}
 */
export function text({ value = "", placeholder = "", ...control }) {
  return labelled(control, h("input", { type: "text", value, placeholder, autocomplete: "off", spellcheck: false }));
}

/**
 * @param {Control} control
 * @returns {HTMLElement}
 */
export function toggle({ name, label, field = `parameters.${name}`, value = false }) {
  const box = h("input", { type: "checkbox", name, checked: value, defaultChecked: value });
  return h("div", { class: "field toggle", "data-field": field }, h("label", {}, box, h("span", {}, label)));
}

/**
 * What a select offers now. What was chosen stays chosen, or is chosen once it is offered.
 * @param {HTMLSelectElement} select
 * @param {(string | [string, string, boolean?])[]} options values, or values with labels and whether they are greyed
 */
export function offer(select, options) {
  const wanted = select.dataset.wanted ?? select.value;
  const offered = options.map((option) => (Array.isArray(option) ? option : [option, option]));
  const before = [...select.options].map((each) => [each.value, each.text, each.disabled].join());
  if (before.join("\n") !== offered.map(([value, label, off]) => [value, label, Boolean(off)].join()).join("\n")) {
    select.replaceChildren(
      ...offered.map(([value, label, off]) => h("option", { value, disabled: Boolean(off) }, label)),
    );
  }
  choose(select, wanted);
}

/**
 * @param {HTMLSelectElement} select
 * @param {string} value
 */
export function choose(select, value) {
  const there = [...select.options].some((option) => option.value === String(value));
  if (there) select.value = value;
  if (there) delete select.dataset.wanted;
  else if (value) {
    select.dataset.wanted = value;
    select.selectedIndex = -1; // rather nothing than another
  }
}
