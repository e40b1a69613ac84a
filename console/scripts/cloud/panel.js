import { h, iconButton } from "../dom.js";
import { choice, choose, offer } from "../form/controls.js";
import { read, remember, write } from "../form/values.js";
import { Networks } from "./networks.js";

/** The panel "Amazon SageMaker Inference": where to draw, and with which models. */
export class Panel {
  /** @param {import("./catalogue.js").Catalogue} catalogue */
  constructor(catalogue) {
    this.catalogue = catalogue;
    this.networks = new Networks(catalogue);
    const refresh = (what) => iconButton("refresh", `Refresh the ${what}`, () => catalogue.refresh());
    this.form = h(
      "form",
      { class: "panel cloud", "aria-labelledby": "cloud-title" },
      h("h2", { id: "cloud-title" }, "Amazon SageMaker Inference"),
      h(
        "div",
        { class: "columns" },
        h(
          "div",
          { class: "with-button" },
          choice({ name: "endpoint", label: "Select Cloud SageMaker Endpoint", field: "endpoint", options: [] }),
          refresh("endpoints"),
        ),
        h(
          "div",
          { class: "with-button" },
          choice({ name: "checkpoint", label: "Stable Diffusion Checkpoint", field: "checkpoint", options: [] }),
          refresh("models"),
        ),
      ),
      this.networks.element,
    );
    this.form.addEventListener("submit", (event) => event.preventDefault());
    remember(this.form, "panel");
    catalogue.addEventListener("change", () => this.show());
    this.show();
  }

  /** @returns {{endpoint: string, checkpoint: string, extra_networks: Record<string, string[]>}} */
  get values() {
    const { endpoint, checkpoint } = read(this.form);
    return { endpoint, checkpoint, extra_networks: this.networks.chosen };
  }

  /** @param {{checkpoint?: string, endpoint?: string}} values */
  fill(values) {
    write(this.form, values);
  }

  show() {
    const { endpoint, checkpoint } = this.form.elements;
    const endpoints = this.catalogue.endpoints.filter(({ status }) => status !== "Deleted");
    offer(endpoint, [
      ["", endpoints.length ? "Choose an endpoint" : "There is no endpoint yet"],
      ...endpoints.map(({ name, status }) => [
        name,
        status === "InService" ? name : `${name} · ${status}`,
        status !== "InService",
      ]),
    ]);
    const checkpoints = this.catalogue.of("checkpoint");
    offer(checkpoint, [
      ["", checkpoints.length ? "Choose a checkpoint" : "There is no checkpoint yet"],
      ...checkpoints.map(({ name, state }) => [
        name,
        state === "active" ? name : `${name} · ${state}`,
        state !== "active",
      ]),
    ]);
    this.#chooseTheOnlyOne(endpoint);
    this.#chooseTheOnlyOne(checkpoint);
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
    const found = this.catalogue.endpoint(endpoint);
    if (!this.catalogue.capabilities) return "Waiting for the API.";
    if (!endpoint) return "Choose an endpoint.";
    if (!found) return `There is no endpoint ${endpoint} any more.`;
    if (found.status !== "InService")
      return `The endpoint ${endpoint} is ${found.status}; only one that is InService takes jobs.`;
    if (!checkpoint) return "Choose a checkpoint.";
    if (!this.catalogue.of("checkpoint").some(({ name, state }) => name === checkpoint && state === "active")) {
      return `There is no checkpoint ${checkpoint} here.`;
    }
    return null;
  }
}
