import { h } from "../dom.js";
import { optional } from "./controls.js";

const DELTA = "parameters.override_settings.eta_noise_seed_delta";

/**
 * What few people change: empty fields are left to the API. A picture's infotext fills those that it names.
 * @param {"txt2img" | "img2img"} task
 * @returns {HTMLElement}
 */
export function further(task) {
  const noise = (name, label, placeholder, max) =>
    optional({ name, label, min: 0, max, step: "any", placeholder: String(placeholder) });
  const side = (name, label) => optional({ name, label, min: 0, max: 4096, step: 8, placeholder: "as it is" });
  return h(
    "details",
    { class: "extra" },
    h("summary", {}, "Eta, sigmas, seed resize"),
    h(
      "div",
      { class: "columns" },
      noise("eta", "Eta", "the sampler's", 1),
      optional({
        name: "eta_noise_seed_delta",
        label: "Eta noise seed delta (ENSD)",
        field: DELTA,
        min: 0,
        max: 2 ** 32 - 1,
        placeholder: "0",
      }),
      noise("s_churn", "Sigma churn", 0),
      noise("s_tmin", "Sigma tmin", 0),
      noise("s_tmax", "Sigma tmax", "without bound"),
      noise("s_noise", "Sigma noise", 1),
      side("seed_resize_from_w", "Resize seed from width"),
      side("seed_resize_from_h", "Resize seed from height"),
      task === "img2img" && noise("initial_noise_multiplier", "Noise multiplier", 1, 1.5),
    ),
  );
}
