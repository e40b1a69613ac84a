import { confirmed } from "../dialogs.js";
import { h } from "../dom.js";
import { number, text } from "../form/controls.js";
import { clearRefusals, sayRefusal } from "../form/refusals.js";
import { read } from "../form/values.js";
import { dollars } from "./cards.js";

/**
 * @param {{min_instances?: number, max_instances?: number, backlog_per_instance?: number}} [endpoint]
 * @returns {HTMLElement[]} how an endpoint scales
 */
export function numbers({ min_instances: least = 0, max_instances: most = 1, backlog_per_instance: backlog = 5 } = {}) {
  const [from, to] = [
    number({ name: "min_instances", label: "Instances at the least", field: "min_instances", min: 0, value: least }),
    number({ name: "max_instances", label: "Instances at the most", field: "max_instances", min: 1, value: most }),
  ];
  const bound = () => (from.querySelector("input").max = to.querySelector("input").value);
  to.addEventListener("input", bound);
  bound();
  return [
    from,
    to,
    number({
      name: "backlog_per_instance",
      label: "Jobs for each instance",
      field: "backlog_per_instance",
      min: 1,
      value: backlog,
    }),
  ];
}

/**
 * Creates an endpoint, once its user has read what that costs.
 * @param {import("../cloud/catalogue.js").Catalogue} catalogue
 * @param {Record<string, number>} prices of an hour, by type of instance
 * @returns {HTMLElement}
 */
export function createForm(catalogue, prices) {
  const offered = Object.entries(prices).map(([value, price]) => h("option", { value }, dollars(price)));
  const types = h("datalist", { id: "instance-types" }, offered);
  const type = text({ name: "instance_type", label: "Instance type", field: "instance_type", value: "ml.g5.xlarge" });
  type.querySelector("input").setAttribute("list", types.id);
  const note = h("p", { class: "refusal", role: "alert", hidden: true });
  const form = h(
    "form",
    { class: "panel", "aria-labelledby": "create-title" },
    h("h2", { id: "create-title" }, "Create an endpoint"),
    h("div", { class: "columns" }, nameField(), type, types, numbers()),
    note,
    h("div", { class: "actions" }, h("button", { type: "submit", class: "primary" }, "Create")),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearRefusals(form);
    note.hidden = true;
    const { name, ...values } = read(form);
    if (!(await confirmed("Create this endpoint?", consequence(values, prices), "Create"))) return;
    try {
      await catalogue.api.postOnce("/endpoints", name ? { name, ...values } : values);
      await catalogue.refresh();
    } catch (error) {
      sayRefusal(form, note, error);
    }
  });
  return form;
}

function nameField() {
  const field = text({ name: "name", label: "Name", field: "name", placeholder: "automatic" });
  const title = "Small letters, digits and, within, hyphens"; // the browser says this about any other name
  Object.assign(field.querySelector("input"), { pattern: "[a-z0-9](-*[a-z0-9])*", maxLength: 63, title });
  return field;
}

function consequence({ instance_type: type, min_instances: least, max_instances: most }, prices) {
  const price = prices[type];
  const each = price
    ? `Each ${type} costs ${dollars(price)} (in us-east-1)`
    : `What an hour of ${type} costs is not known here`;
  const idle = least ? `${least} run day and night` : "none runs while nothing is ordered";
  return `${each}, billed by the second. At the most ${most} will run at a time; ${idle}.`;
}
