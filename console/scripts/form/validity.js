import { reveal } from "./refusals.js";

const FLAWS = ["customError", "badInput", "valueMissing", "rangeUnderflow", "rangeOverflow"];

/** A whole step is what the API asks for; a fraction of one says only how far the arrows go. */
function wrong({ willValidate, validity, step }) {
  if (!willValidate) return false;
  return FLAWS.some((flaw) => validity[flaw]) || (validity.stepMismatch && Number.isInteger(Number(step)));
}

/**
 * @param {HTMLFormElement} form
 * @returns {string | null} what is wrong with the first of its fields that can't be ordered
 */
export function fault(form) {
  const control = [...form.elements].find(wrong);
  if (!control) return null;
  return `${control.closest(".field").querySelector("label").textContent}: ${control.validationMessage}`;
}

/**
 * Mark the fields that can't be ordered.
 * @param {HTMLFormElement} form
 */
export function mark(form) {
  for (const control of form.elements) {
    const marked = control.hasAttribute("aria-invalid");
    const refused = control.hasAttribute("aria-describedby"); // by the API
    if (wrong(control)) {
      control.setAttribute("aria-invalid", "true");
      if (!marked) reveal(control);
    } else if (!refused) control.removeAttribute("aria-invalid");
  }
}
