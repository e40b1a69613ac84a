import { Api } from "./api.js";
import { Catalogue } from "./cloud/catalogue.js";
import { ask, banner, forgetKey, keyInAddress, known } from "./connection.js";
import { clearNow } from "./detecting.js";
import { endpointsPage } from "./endpoints/page.js";
import * as kept from "./kept.js";
import { modelsPage } from "./models/page.js";
import { studio } from "./studio.js";

const TABS = ["txt2img", "img2img", "models", "endpoints"];
const place = (id) => document.getElementById(id);

/**
 * What the stack says about itself; nothing if the page is served by something else.
 * @returns {Promise<{api?: string, example?: Record<string, any>, hourly_usd?: Record<string, number>}>}
 */
async function configured() {
  const response = await fetch("config.json").catch(() => null);
  return response?.ok ? response.json() : {};
}

function begin(config, address, key) {
  const api = new Api(address, key, banner(place("trouble"), changeKey));
  const catalogue = new Catalogue(api);
  const work = studio({ api, catalogue, example: config.example ?? {}, open });
  place("studio").append(work.element);
  place("connect").hidden = true;
  place("tabs").hidden = false;
  place("disconnect").hidden = false;
  place("disconnect").addEventListener("click", () => disconnect(api));
  const show = () => {
    for (const dialog of document.querySelectorAll("dialog")) dialog.close(); // they were about what is being left
    window.scrollTo(0, 0);
    const tab = TABS.find((name) => location.hash === `#${name}`) ?? TABS[0];
    for (const link of place("tabs").children)
      link.setAttribute("aria-current", link.hash === `#${tab}` ? "page" : "false");
    const task = tab === "txt2img" || tab === "img2img";
    place("studio").hidden = !task;
    place("models").hidden = tab !== "models";
    place("endpoints").hidden = tab !== "endpoints";
    if (task) work.show(tab);
  };
  window.addEventListener("hashchange", show); // before the pages' own listeners, which ask whether they are shown
  place("models").append(modelsPage(catalogue));
  place("endpoints").append(endpointsPage(catalogue, config.hourly_usd ?? {}));
  show();
  catalogue.start();
  work.start();
}

function open(tab) {
  if (location.hash === `#${tab}`) window.scrollTo(0, 0);
  else location.hash = tab;
}

function changeKey() {
  forgetKey();
  location.reload();
}

async function disconnect(api) {
  await clearNow(api);
  await kept.forget();
  changeKey();
}

const [config] = await Promise.all([configured(), kept.begin()]);
const { address, key } = known(config);
place("skip").addEventListener("click", (event) => {
  event.preventDefault(); // the address says which page is shown
  place("main").focus();
});
window.addEventListener("hashchange", () => keyInAddress() && location.reload());
if (address && key) begin(config, address, key);
else {
  ask(config, place("connect"), (...given) => {
    begin(config, ...given);
    place("main").focus();
  });
}
