import { fresh, h } from "../dom.js";

const CONTROLS = "input, select, textarea";

/**
 * Say why a form was refused: beside the fields that the error names; in a note, what has no field of its own.
 * @param {Element} root
 * @param {HTMLElement} note
 * @param {any} error
 */
export function sayRefusal(root, note, error) {
  const errors = error.errors ?? [];
  const left = showRefusals(root, errors);
  const said = errors.length ? left.map(({ detail }) => detail).join(" ") : error.message;
  Object.assign(note, { textContent: said, hidden: !said });
}

/**
 * Show each of the API's refusals beside the field that it names, until that is changed.
 * @param {Element} root
 * @param {{field: string, detail: string}[]} errors
 * @returns {{field: string, detail: string}[]} those that have no place
 */
export function showRefusals(root, errors) {
  clearRefusals(root);
  const fields = errors.map(({ field, detail }) => placed(root, field, detail));
  const first = fields.find(Boolean);
  first?.querySelector(`:is(${CONTROLS}):not([hidden]), summary, button`)?.focus();
  return errors.filter((_, place) => !fields[place]);
}

/** @param {Element} root */
export function clearRefusals(root) {
  root.querySelectorAll(".refused-here").forEach(clear);
}

/**
 * Open everything that hides an element by being folded.
 * @param {Element} element
 */
export function reveal(element) {
  for (let outer = element.closest("details"); outer; outer = outer.parentElement.closest("details")) outer.open = true;
}

function clear(note) {
  const control = note.parentElement?.querySelector(`[aria-describedby="${note.id}"]`);
  for (const attribute of ["aria-invalid", "aria-describedby"]) control?.removeAttribute(attribute);
  note.remove();
}

function placed(root, name, detail) {
  const field = nearest(root, name);
  if (!field) return null;
  const note = h("p", { class: "refusal refused-here", id: fresh("refusal"), role: "alert" }, detail);
  field.append(note);
  const shown = new AbortController();
  const mended = ({ target }) => {
    if (target.type === "search") return; // filtering a list changes nothing
    shown.abort();
    clear(note);
  };
  for (const change of ["input", "filled"]) field.addEventListener(change, mended, { signal: shown.signal });
  const control = field.matches(".field") && field.querySelector(CONTROLS);
  if (control) {
    control.setAttribute("aria-invalid", "true");
    control.setAttribute("aria-describedby", note.id);
  }
  reveal(field);
  return field;
}

/** The field of that name, or what it is part of: `a.b.0` may be shown at `a.b`. */
function nearest(root, name) {
  for (let path = name; path; path = path.slice(0, Math.max(0, path.lastIndexOf(".")))) {
    const fields = [...root.querySelectorAll(`[data-field="${CSS.escape(path)}"]`)];
    const shown = fields.find((field) => !field.closest("[hidden]")); // the other task has fields of the same names
    if (shown) return shown;
  }
  return null;
}
