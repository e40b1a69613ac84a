import { reveal } from "./refusals.js";

const FLAWS = ["customError", "badInput", "valueMissing", "rangeUnderflow", "rangeOverflow"];

/**
 * Most steps say only how far the arrows go: the API takes any number within its bounds, or any whole one.
 * @returns {string} what is wrong, or nothing
 */
function flaw({ willValidate, validity, validationMessage, type, step, value, dataset }) {
  if (!willValidate) return "";
  if (FLAWS.some((each) => validity[each])) return validationMessage;
  if (type !== "number" || !Number.isInteger(Number(step))) return "";
  if (!Number.isInteger(Number(value))) return "It must be a whole number.";
  return Number(value) % (dataset.multiple ?? 1) ? `It must be a multiple of ${dataset.multiple}.` : "";
}

/**
 * @param {HTMLFormElement} form
 * @returns {string | null} what is wrong with the first of its fields that can't be ordered
 */
export function fault(form) {
  for (const control of form.elements) {
    const wrong = flaw(control);
    if (wrong) return `${control.closest(".field").querySelector("label").textContent}: ${wrong}`;
  }
  return null;
}

/**
 * Mark the fields that can't be ordered.
 * @param {HTMLFormElement} form
 */
export function mark(form) {
  for (const control of form.elements) {
    const marked = control.hasAttribute("aria-invalid");
    const refused = control.hasAttribute("aria-describedby"); // by the API
    if (flaw(control)) {
      control.setAttribute("aria-invalid", "true");
      if (!marked) reveal(control);
    } else if (!refused) control.removeAttribute("aria-invalid");
  }
}
