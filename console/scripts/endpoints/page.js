import { h, iconButton } from "../dom.js";
import { keyed } from "../keyed.js";
import { Poll } from "../polling.js";
import { card } from "./cards.js";
import { remove, rescale } from "./changes.js";
import { createForm } from "./form.js";

/**
 * "Endpoints": what draws, and what it costs.
 * @param {import("../cloud/catalogue.js").Catalogue} catalogue
 * @param {Record<string, number>} prices of an hour, by type of instance
 * @returns {HTMLElement}
 */
export function endpointsPage(catalogue, prices) {
  const cards = h("div", { class: "cards" });
  const note = h("p", { class: "refusal", role: "alert", hidden: true });
  const guarded = (change) => async () => {
    note.hidden = true;
    try {
      await change();
    } catch (error) {
      Object.assign(note, { textContent: error.message, hidden: false });
    }
    await catalogue.refresh();
    await poll.now();
  };
  const does = {
    rescale: (endpoint) => guarded(() => rescale(catalogue.api, endpoint)),
    remove: (endpoint) => guarded(() => remove(catalogue.api, endpoint)),
  };
  const refresh = iconButton(
    "refresh",
    "Refresh the cards of endpoints",
    guarded(async () => {}),
  );
  const title = h("h2", { id: "endpoints-title" }, "Endpoints");
  const list = h(
    "section",
    { class: "panel", "aria-labelledby": "endpoints-title" },
    h("div", { class: "panel-head" }, title, refresh),
    note,
    cards,
  );
  const page = h("div", { class: "page" }, createForm(catalogue, prices), list);
  page.addEventListener("submit", () => (note.hidden = true)); // what it said is outdated

  const none = h("p", { class: "hint" }, "There is no endpoint yet.");
  const draw = keyed(
    cards,
    ({ name }) => name,
    (endpoint) => card(endpoint, does),
  );
  let seen = "";
  const show = (endpoints) => {
    draw(endpoints, none);
    const before = seen;
    seen = JSON.stringify(endpoints);
    return seen !== before;
  };
  /** Only a request for each one tells how busy it is; so they are made only while somebody looks. */
  const poll = new Poll(
    async () => {
      if (!page.checkVisibility()) return false;
      const gone = ({ status }) => status === "Deleted";
      const details = (endpoint) => (gone(endpoint) ? endpoint : catalogue.api.get(`/endpoints/${endpoint.name}`));
      return show(await Promise.all(catalogue.endpoints.map(details)));
    },
    { least: 4_000, most: 30_000 },
  );
  catalogue.addEventListener("change", () => poll.now());
  window.addEventListener("hashchange", () => poll.now());
  poll.start();
  return page;
}
