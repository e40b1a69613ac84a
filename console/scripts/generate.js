import { announce, button, h, replace } from "./dom.js";
import { order } from "./form/order.js";
import { clearRefusals, sayRefusal } from "./form/refusals.js";

/**
 * The button "Generate on Cloud", with the reason if it is greyed.
 * @param {object} given
 * @param {() => import("./form/workspace.js").Workspace} given.workspace that is shown
 * @param {import("./cloud/panel.js").Panel} given.panel
 * @param {import("./jobs/jobs.js").Jobs} given.jobs
 * @param {import("./pictures.js").Uploads} given.uploads
 * @param {(id: string) => void} given.show
 * @param {() => void} given.toJob brings the output into sight if the page is narrow
 * @returns {{element: HTMLElement, refresh: () => void, mended: () => void, press: () => Promise<void>}} `mended` drops
 *   what was refused and has no field of its own: any change may have mended that
 */
export function generator({ workspace, panel, jobs, uploads, show, toJob }) {
  const text = h("span", { id: "generate-said" });
  const toOutput = button("Show it", toJob, { class: "to-output" });
  const said = h("p", { role: "status" }, text, " ", toOutput);
  const refused = h("p", { class: "refusal", role: "alert", hidden: true });
  let sending = false;
  let ordered = null;
  const keys = new Keys();

  const missing = () => panel.missing ?? workspace().missing;
  const refresh = () => {
    const reason = missing();
    pressed.setAttribute("aria-disabled", String(sending || Boolean(reason)));
    const now = reason ?? (sending ? "Sending…" : ordered ? `Ordered: job ${ordered}` : "");
    if (text.textContent !== now) replace(text, now);
    toOutput.hidden = !ordered;
  };
  const mended = () => (refused.hidden = true);
  const press = async () => {
    if (sending) return;
    const root = element.parentElement;
    clearRefusals(root);
    mended();
    const reason = missing();
    if (reason) {
      announce(reason);
      return;
    }
    sending = true;
    refresh();
    try {
      const body = await order(workspace(), panel.values, uploads);
      const job = await keys.used(body, (key) => jobs.api.post("/jobs", body, key));
      ordered = job.id;
      jobs.put(job);
      jobs.poll.now();
      show(job.id);
    } catch (error) {
      sayRefusal(root, refused, error);
    } finally {
      sending = false;
      refresh();
    }
  };

  const pressOnce = (event) => event.detail < 2 && press(); // a double click is one press
  const pressed = button("Generate on Cloud", pressOnce, { class: "primary generate", "aria-describedby": text.id });
  pressed.addEventListener("keydown", (event) => event.repeat && event.preventDefault()); // so is a key held down
  const element = h("div", { class: "order-bar" }, pressed, h("div", {}, said, refused));
  return { element, refresh, mended, press };
}

/** Idempotency keys: an order that got no answer may have been taken, so sent again it is the same order. */
class Keys {
  #key = "";
  #body = "";

  /**
   * @param {any} body
   * @param {(key: string) => Promise<any>} send
   * @returns {Promise<any>} its answer
   */
  async used(body, send) {
    const now = JSON.stringify(body);
    if (now !== this.#body) this.#key = crypto.randomUUID();
    this.#body = now;
    try {
      const answer = await send(this.#key);
      this.#body = "";
      return answer;
    } catch (error) {
      if (error.status < 500) this.#body = "";
      throw error;
    }
  }
}
