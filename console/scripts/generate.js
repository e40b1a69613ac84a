import { announce, button, h, replace } from "./dom.js";
import { order } from "./form/order.js";
import { clearRefusals, showRefusals } from "./form/refusals.js";

/**
 * The button "Generate on Cloud", with the reason where it is greyed.
 * @param {object} given
 * @param {() => import("./form/workspace.js").Workspace} given.workspace that is shown
 * @param {import("./cloud/panel.js").Panel} given.panel
 * @param {import("./jobs/jobs.js").Jobs} given.jobs
 * @param {import("./pictures.js").Uploads} given.uploads
 * @param {(id: string) => void} given.show
 * @param {() => void} given.toJob brings the output into sight, where the page is narrow
 * @returns {{element: HTMLElement, refresh: () => void, press: () => Promise<void>}}
 */
export function generator({ workspace, panel, jobs, uploads, show, toJob }) {
  const text = h("span", { id: "generate-said" });
  const toOutput = button("Show it", toJob, { class: "to-output" });
  const said = h("p", { role: "status" }, text, " ", toOutput);
  const refused = h("p", { class: "refusal", role: "alert", hidden: true });
  let sending = false;
  let ordered = null;

  const missing = () => panel.missing ?? workspace().missing;
  const refresh = () => {
    const reason = missing();
    pressed.setAttribute("aria-disabled", String(sending || Boolean(reason)));
    const now = reason ?? (sending ? "Sending…" : ordered ? `Ordered: job ${ordered}` : "");
    if (text.textContent !== now) replace(text, now);
    toOutput.hidden = !ordered;
  };
  const press = async () => {
    if (sending) return;
    const root = element.parentElement;
    clearRefusals(root);
    refused.hidden = true;
    const reason = missing();
    if (reason) {
      announce(reason);
      return;
    }
    sending = true;
    refresh();
    try {
      const body = await order(workspace(), panel.values, uploads);
      const job = await jobs.api.post("/jobs", body, crypto.randomUUID());
      ordered = job.id;
      jobs.put(job);
      jobs.poll.now();
      show(job.id);
    } catch (error) {
      const errors = error.errors ?? [];
      const placed = errors.length > 0 && showRefusals(root, errors);
      Object.assign(refused, { textContent: placed ? "" : error.message, hidden: placed });
    } finally {
      sending = false;
      refresh();
    }
  };

  const once = (event) => event.detail < 2 && press(); // a double click is one press
  const pressed = button("Generate on Cloud", once, { class: "primary generate", "aria-describedby": text.id });
  pressed.addEventListener("keydown", (event) => event.repeat && event.preventDefault()); // so is a key held down
  const element = h("div", { class: "order-bar" }, pressed, h("div", {}, said, refused));
  return { element, refresh, press };
}
