import { button, h } from "../dom.js";
import { local } from "../time.js";

/**
 * @param {number} price
 * @returns {string}
 */
export function dollars(price) {
  return `$${price.toFixed(2)} an hour`;
}

/**
 * One endpoint, with what can be done to it.
 * @param {any} endpoint
 * @param {{rescale: (endpoint: any) => () => void, remove: (endpoint: any) => () => void}} does
 * @returns {HTMLElement}
 */
export function card(endpoint, { rescale, remove }) {
  const { name, status, reason, max_instances: most } = endpoint;
  const facts = Object.entries(factsOf(endpoint)).filter(([, value]) => value !== null && value !== undefined);
  return h(
    "article",
    { class: "card", "aria-label": `Endpoint ${name}` },
    h("h3", {}, name),
    h("span", { class: `state ${status}` }, status),
    reason && h("p", { class: "refusal" }, reason),
    h(
      "dl",
      {},
      facts.map(([label, value]) => [h("dt", {}, label), h("dd", {}, String(value))]),
    ),
    h(
      "div",
      { class: "actions" },
      status === "InService" && most && button("Rescale", rescale(endpoint), { "aria-label": `Rescale ${name}` }),
      !["Deleting", "Deleted"].includes(status) &&
        button("Delete", remove(endpoint), { "aria-label": `Delete ${name}` }),
    ),
  );
}

function factsOf(endpoint) {
  const { instance_type: type, hourly_usd: price, min_instances: least, max_instances: most } = endpoint;
  return {
    Instance: type,
    Price: price && `${dollars(price)} for each instance`,
    Instances: running(endpoint),
    "Scales from": most && `${least} to ${most}, one for each ${endpoint.backlog_per_instance} jobs`,
    "Jobs waiting or running": endpoint.backlog,
    "Jobs done today": endpoint.jobs_today,
    Created: local(endpoint.created_at),
  };
}

function running({ instances, desired_instances: desired }) {
  if (instances === null || instances === undefined) return null;
  return desired === instances || desired === null ? instances : `${instances}, becoming ${desired}`;
}
