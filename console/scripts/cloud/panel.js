import { h, iconButton } from "../dom.js";
import { choice } from "../form/controls.js";
import { choose, offer } from "../form/offers.js";
import { read, remember, write } from "../form/values.js";
import { Networks } from "./networks.js";

/** The panel "Amazon SageMaker Inference": where to draw, and with which models. */
export class Panel {
  /** @param {import("./catalogue.js").Catalogue} catalogue */
  constructor(catalogue) {
    this.catalogue = catalogue;
    this.networks = new Networks(catalogue);
    this.none = {
      endpoint: none("There is no endpoint yet. Create one on the ", "Endpoints"),
      checkpoint: none("There is no checkpoint yet. Upload one on the ", "Models"),
    };
    const select = (name, label) => choice({ name, label, field: name, options: [], known: false });
    const refresh = (what) => iconButton("refresh", `Refresh the ${what}`, () => catalogue.refresh());
    this.form = h(
      "form",
      { class: "panel cloud", "aria-labelledby": "cloud-title" },
      h("h2", { id: "cloud-title" }, "Amazon SageMaker Inference"),
      h(
        "div",
        { class: "columns" },
        h("div", { class: "with-button" }, select("endpoint", "Select Cloud SageMaker Endpoint"), refresh("endpoints")),
        h("div", { class: "with-button" }, select("checkpoint", "Stable Diffusion Checkpoint"), refresh("models")),
      ),
      Object.values(this.none),
      this.networks.element,
    );
    this.form.addEventListener("submit", (event) => event.preventDefault());
    remember(this.form, "panel");
    this.form.addEventListener("input", () => this.show());
    catalogue.addEventListener("change", () => {
      this.show();
      for (const name of ["endpoint", "checkpoint"]) this.#chooseTheOnlyOne(this.form.elements[name]);
    });
    this.show();
  }

  /** @returns {{endpoint: string, checkpoint: string, extra_networks: Record<string, string[]>}} */
  get values() {
    const { endpoint, checkpoint } = read(this.form);
    return { endpoint, checkpoint, extra_networks: this.networks.listed };
  }

  /** @param {{checkpoint?: string, endpoint?: string}} values */
  fill(values) {
    write(this.form, values);
    this.show();
  }

  show() {
    this.#offer("endpoint", this.#endpoints, "InService");
    this.#offer("checkpoint", this.catalogue.of("checkpoint"), "active");
  }

  get #endpoints() {
    const there = this.catalogue.endpoints.filter(({ status }) => status !== "Deleted");
    return there.map(({ name, status }) => ({ name, state: status }));
  }

  /** What was chosen stays chosen, greyed with the reason if it can't be ordered. */
  #offer(what, things, usable) {
    const { looked } = this.catalogue;
    const none = looked && !things.length;
    this.none[what].hidden = !none;
    const offered = things.map(({ name, state }) => [
      name,
      state === usable ? name : `${name} · ${state}`,
      state !== usable,
    ]);
    const first = none ? `There is no ${what} yet` : `Choose ${what === "endpoint" ? "an" : "a"} ${what}`;
    offer(this.form.elements[what], [["", first], ...offered], looked);
  }

  #chooseTheOnlyOne(select) {
    const usable = [...select.options].filter((option) => option.value && !option.disabled);
    if (select.value || select.dataset.wanted || usable.length !== 1) return;
    choose(select, usable[0].value);
    select.dispatchEvent(new Event("filled", { bubbles: true }));
  }

  /** @returns {string | null} why nothing can be ordered as it stands */
  get missing() {
    const { endpoint, checkpoint } = this.values;
    const found = this.#endpoints.find(({ name }) => name === endpoint);
    const loaded = this.catalogue.of("checkpoint").find(({ name }) => name === checkpoint);
    if (!this.catalogue.looked) return "Waiting for the API.";
    if (!endpoint) return this.none.endpoint.hidden ? "Choose an endpoint." : this.none.endpoint.textContent;
    if (!found) return `There is no endpoint ${endpoint} any more.`;
    if (found.state !== "InService")
      return `The endpoint ${endpoint} is ${found.state}; only one that is InService takes jobs.`;
    if (!checkpoint) return this.none.checkpoint.hidden ? "Choose a checkpoint." : this.none.checkpoint.textContent;
    if (!loaded) return `There is no checkpoint ${checkpoint} here.`;
    if (loaded.state !== "active") return `The checkpoint ${checkpoint} is ${loaded.state}.`;
    return null;
  }
}

function none(sentence, tab) {
  return h("p", { class: "hint", hidden: true }, sentence, h("a", { href: `#${tab.toLowerCase()}` }, tab), " tab.");
}
