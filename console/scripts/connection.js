import { Api } from "./api.js";
import { button, h, once, replace } from "./dom.js";
import { text } from "./form/controls.js";
import { keep, recall } from "./kept.js";
import { device } from "./storage.js";
import { duration } from "./time.js";

const KEY = "key";
const LOOPBACK = ["127.0.0.1", "localhost", "[::1]"];

/**
 * The API's address and key as they are known already.
 * @param {{api?: string}} config
 * @returns {{address: string, key: string}}
 */
export function known(config) {
  const address = config.api ?? recall("address", "");
  return { address, key: keyInAddress() ?? recall(KEY, null) ?? device.get(KEY) ?? "" };
}

/**
 * `make up` prints an address with its key. Elsewhere, a link must not log anybody in.
 * @returns {string | null} the key, which is kept and no longer in the address
 */
export function keyInAddress() {
  const key = LOOPBACK.includes(location.hostname) && location.hash.match(/^#key=([A-Za-z0-9]+)$/)?.[1];
  if (!key) return null;
  history.replaceState(null, "", location.pathname);
  keep(KEY, key);
  return key;
}

/** Forget the key, here and on this device. */
export function forgetKey() {
  keep(KEY, null);
  device.remove(KEY);
}

/**
 * Ask for address and key, until they open the API.
 * @param {{api?: string}} config
 * @param {HTMLElement} place
 * @param {(address: string, key: string) => void} connected
 */
export function ask(config, place, connected) {
  const address = text({ name: "address", label: "API address", value: known(config).address, field: "address" });
  Object.assign(address.querySelector("input"), { type: "url", required: true, readOnly: Boolean(config.api) });
  const key = text({ name: "key", label: "API key", field: "key" });
  Object.assign(key.querySelector("input"), { type: "password", required: true, autocomplete: "current-password" });
  const remember = h("input", { type: "checkbox", name: "device" });
  const pressed = h("button", { type: "submit", class: "primary" }, "Connect");
  const note = h("p", { class: "refusal", role: "alert" });
  const form = h(
    "form",
    { class: "panel connect", "aria-labelledby": "connect-title" },
    h("h2", { id: "connect-title" }, "Connect"),
    h("p", { class: "hint" }, "The key is kept in this tab alone, unless you ask for more."),
    address,
    key,
    h("label", { class: "toggle" }, remember, h("span", {}, "Remember the key on this device")),
    note,
    h("div", { class: "actions" }, pressed),
  );
  const send = async () => {
    const given = Object.fromEntries(new FormData(form));
    const key = given.key.trim();
    note.textContent = "";
    const problem = await tried(given.address, key);
    if (problem) {
      note.textContent = problem;
      return;
    }
    keep("address", given.address);
    keep(KEY, key);
    if (remember.checked) device.set(KEY, key);
    connected(given.address, key);
  };
  const connect = once(pressed, send, "Connecting…");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    connect();
  });
  replace(place, form);
  place.hidden = false;
  form.querySelector(config.api ? "[name=key]" : "[name=address]").focus();
}

async function tried(address, key) {
  try {
    await new Api(address, key, () => {}).get("/ping");
    return null;
  } catch (error) {
    if (error.status === 403) return "This key does not open the API: it is wrong, or has been revoked.";
    return error.status ? error.message : "Nothing answers at this address.";
  }
}

/** @type {Record<number, string>} what a status means for every request, unless it means a failure */
const SAID = { 403: "The API refuses this key.", 429: "The API takes no more requests of this key for now." };

/**
 * Says what is wrong with the connection, for as long as something is.
 * @param {HTMLElement} place
 * @param {() => void} change ask for another key
 * @returns {(trouble: Error | null) => void}
 */
export function banner(place, change) {
  return (trouble) => {
    const locked = trouble?.status === 403;
    const said = SAID[trouble?.status] ?? (trouble?.status ? "The API has failed." : "The API does not answer.");
    const text = locked ? said : `${said} Trying again${later(trouble)}…`;
    const shown = trouble && (!trouble.status || trouble.status in SAID || trouble.status >= 500);
    if (trouble && !shown) return; // a refusal of one request is shown where it was made
    if (shown && !place.hidden && place.firstChild?.textContent === text) return;
    place.hidden = !shown;
    replace(place, shown && h("span", {}, text), locked && button("Change the key", change));
  };
}

/** When a day's requests are used up, the wait is not a matter of seconds. */
function later(trouble) {
  return trouble?.retryAfter >= 60 ? ` in ${duration(trouble.retryAfter)}` : "";
}
