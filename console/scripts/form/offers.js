import { h } from "../dom.js";
import { meant } from "../names.js";

/**
 * What a select offers now. What was chosen stays chosen, or is chosen once it is offered.
 * @param {HTMLSelectElement} select
 * @param {(string | [string, string, boolean?])[]} options values, or values with labels and whether they are greyed
 * @param {boolean} [known] whether these are all
 */
export function offer(select, options, known = true) {
  const wanted = select.dataset.wanted ?? select.value;
  select.dataset.known = String(known);
  const offered = options.map((option) => (Array.isArray(option) ? option : [option, option]));
  const now = JSON.stringify(offered.map(([value, label, off]) => [value, label, Boolean(off)]));
  if (select.dataset.offered !== now) {
    select.replaceChildren(
      ...offered.map(([value, label, off]) => h("option", { value, disabled: Boolean(off) }, label)),
    );
    select.dataset.offered = now;
  }
  choose(select, wanted);
}

/**
 * What is not offered is shown greyed, and chosen all the same, rather than something else.
 * @param {HTMLSelectElement} select
 * @param {string} value
 */
export function choose(select, value) {
  wish(select, null);
  const values = [...select.options].map((option) => option.value);
  const found = meant(String(value), values);
  if (!values.includes(found) && value) wish(select, String(value));
  else if (values.includes(found)) select.value = found;
}

/**
 * @param {HTMLSelectElement} select
 * @param {string | null} value that it does not offer; null if there is none any more
 */
export function wish(select, value) {
  select.querySelector("option.wanted")?.remove();
  delete select.dataset.wanted;
  if (value === null) return;
  select.dataset.wanted = value;
  const label = select.dataset.known === "true" ? `${value} · not here` : value;
  select.append(h("option", { class: "wanted", value, disabled: true }, label));
  select.value = value;
}
