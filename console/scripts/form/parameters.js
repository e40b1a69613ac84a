import { h, iconButton } from "../dom.js";
import { choice, number, slider, toggle } from "./controls.js";
import { further } from "./further.js";

/**
 * What both tasks have, by the WebUI's names and with its defaults.
 * @param {"txt2img" | "img2img"} task
 * @param {() => number | undefined} lastSeed of the picture that is shown
 * @returns {HTMLElement[]}
 */
export function parameters(task, lastSeed) {
  return [
    h(
      "div",
      { class: "columns" },
      choice({ name: "sampler_name", label: "Sampling method", options: ["DPM++ 2M"], known: false }),
      choice({ name: "scheduler", label: "Schedule type", options: ["Automatic"], known: false }),
      slider({ name: "steps", label: "Sampling steps", min: 1, max: 150, step: 1, value: 20 }),
    ),
    h(
      "div",
      { class: "columns" },
      side("width", "Width"),
      side("height", "Height"),
      iconButton("swap", "Swap width and height", swap),
    ),
    h(
      "div",
      { class: "columns" },
      slider({ name: "n_iter", label: "Batch count", min: 1, max: 100, step: 1, value: 1 }),
      slider({ name: "batch_size", label: "Batch size", min: 1, max: 16, step: 1, value: 1 }),
      slider({ name: "cfg_scale", label: "CFG Scale", min: 1, max: 30, step: 0.5, value: 7 }),
    ),
    seeds(lastSeed),
    further(task),
  ];
}

const CLIP_SKIP = "parameters.override_settings.CLIP_stop_at_last_layers";
const SOURCE = "parameters.override_settings.randn_source";

function side(name, label) {
  return slider({ name, label, min: 64, max: 2048, step: 8, value: 512, multiple: true });
}

function swap(event) {
  const { width, height } = event.currentTarget.form.elements;
  [width.value, height.value] = [height.value, width.value];
  for (const each of [width, height]) each.dispatchEvent(new Event("filled", { bubbles: true }));
}

function seeds(lastSeed) {
  const set = (seed) => (event) => {
    const { seed: field } = event.currentTarget.closest("form").elements;
    field.value = seed() ?? field.value;
    field.dispatchEvent(new Event("filled", { bubbles: true }));
  };
  const most = Number.MAX_SAFE_INTEGER;
  return h(
    "div",
    { class: "seeds" },
    number({ name: "seed", label: "Seed", min: -1, max: most, value: -1 }),
    iconButton(
      "random",
      "Random seed: a new one every time",
      set(() => -1),
    ),
    iconButton("reuse", "Reuse the seed of the picture that is shown", set(lastSeed)),
    h(
      "details",
      { class: "extra" },
      h("summary", {}, "Variation, clip skip, random numbers, tiling"),
      h(
        "div",
        { class: "columns" },
        number({ name: "subseed", label: "Variation seed", min: -1, max: most, value: -1 }),
        slider({ name: "subseed_strength", label: "Variation strength", min: 0, max: 1, step: 0.01, value: 0 }),
        slider({ name: "clip_skip", label: "Clip skip", min: 1, max: 12, step: 1, value: 1, field: CLIP_SKIP }),
        choice({ name: "randn_source", label: "Random numbers", options: ["GPU", "CPU", "NV"], field: SOURCE }),
        toggle({ name: "tiling", label: "Tiling" }),
      ),
    ),
  );
}
