import { keep, recall } from "../kept.js";
import { choose } from "./offers.js";

/**
 * What a form holds, by the names of its fields.
 * @param {HTMLFormElement} form
 * @returns {Record<string, any>}
 */
export function read(form) {
  return Object.fromEntries(named(form).map((control) => [control.name, valueOf(control)]));
}

/**
 * Set the fields that are named; the others stay.
 * @param {HTMLFormElement} form
 * @param {Record<string, any>} values
 */
export function write(form, values) {
  for (const control of named(form)) {
    if (!(control.name in values)) continue;
    const value = values[control.name];
    if (control.type === "checkbox") control.checked = Boolean(value);
    else if (control instanceof HTMLSelectElement) choose(control, String(value));
    else control.value = value ?? "";
    control.dispatchEvent(new Event("filled", { bubbles: true }));
  }
}

/**
 * Fill a form as it was before a reload, and keep what is changed from now on.
 * @param {HTMLFormElement} form
 * @param {string} name
 * @param {Record<string, any>} [first] what it begins with if nothing was kept
 * @returns {Record<string, any>} its defaults
 */
export function remember(form, name, first = {}) {
  const defaults = read(form);
  write(form, recall(name, first));
  for (const change of ["input", "change", "filled"]) form.addEventListener(change, () => keep(name, read(form)));
  return defaults;
}

function named(form) {
  return [...form.elements].filter((control) => control.name);
}

function valueOf(control) {
  if (control.type === "checkbox") return control.checked;
  if (control.type === "number") return control.value === "" ? null : control.valueAsNumber;
  return control.dataset.wanted ?? control.value;
}
