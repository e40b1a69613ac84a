import { filled, removed } from "../dialogs.js";
import { h } from "../dom.js";
import { read } from "../form/values.js";
import { dollars } from "./cards.js";
import { numbers } from "./form.js";

/**
 * Ask for other bounds, and set them.
 * @param {import("../api.js").Api} api
 * @param {any} endpoint
 */
export async function rescale(api, endpoint) {
  const fields = h("div", { class: "columns" }, numbers(endpoint));
  const price = endpoint.hourly_usd;
  const idle = "With 0 at the least, an idle endpoint costs nothing, and a first job waits some minutes.";
  const cost = h("p", {}, price ? `Each instance costs ${dollars(price)} while it runs. ${idle}` : idle);
  await filled(`Rescale ${endpoint.name}`, [fields, cost], "Rescale", (form) =>
    api.patch(`/endpoints/${endpoint.name}`, read(form)),
  );
}

/**
 * Delete an endpoint, once its user has read what that ends.
 * @param {import("../api.js").Api} api
 * @param {any} endpoint
 */
export async function remove(api, { name, hourly_usd: price, instances }) {
  const saved = price && instances ? `It stops costing ${dollars(price * instances)}. ` : "";
  await removed(api, `/endpoints/${name}`, `the endpoint ${name}`, `${saved}Pictures and models stay.`);
}
