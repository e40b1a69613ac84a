import { fresh, h } from "../dom.js";
import { choose, offer, wish } from "./offers.js";

/**
 * @typedef {object} Control
 * @property {string} name in the form
 * @property {string} label
 * @property {string} [field] what the API's refusals call it; by default parameters.NAME
 * @property {any} [value] its initial one
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
 * @typedef {{min: number, max: number, step: number, least?: number, most?: number, multiple?: boolean}} Bounds `least`
 *   and `most` are the number's, if it may go beyond the slider; `multiple`: only whole steps will do
 * @param {Control & Bounds} control
 * @returns {HTMLElement}
 */
export function slider({ min, max, step, value, least = min, most = max, multiple = false, ...control }) {
  const number = h("input", { type: "number", required: true, min: least, max: most, step, value });
  if (multiple) number.dataset.multiple = String(step);
  const range = h("input", { type: "range", "aria-label": `${control.label}, as a slider`, min, max, step, value });
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
 * @param {Control & {min?: number, max?: number, step?: number | "any"}} control
 * @param {...any} more
 * @returns {HTMLElement}
 */
export function number({ min, max, step = 1, value, ...control }, ...more) {
  const bounds = Object.fromEntries(Object.entries({ min, max }).filter(([, bound]) => bound !== undefined));
  return labelled(control, h("input", { type: "number", required: true, step, value, ...bounds }), ...more);
}

/**
 * A number that may be left out.
 * @param {Control & {placeholder: string, min?: number, max?: number, step?: number | "any"}} control placeholder says
 *   what applies then
 * @returns {HTMLElement}
 */
export function optional({ placeholder, ...control }) {
  const element = number(control);
  Object.assign(element.querySelector("input"), { required: false, placeholder });
  return element;
}

/**
 * @param {Control & {options: (string | [string, string])[], known?: boolean}} control options are values, or values
 *   with their labels; `known`: whether these are all
 * @returns {HTMLElement}
 */
export function choice({ options, value, known = true, ...control }) {
  const select = h("select");
  offer(select, options, known);
  if (value !== undefined) choose(select, value);
  select.addEventListener("input", () => wish(select, null));
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

