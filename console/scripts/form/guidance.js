import { h } from "../dom.js";
import { choice, optional, slider, toggle } from "./controls.js";

const CONTROL_MODES = ["Balanced", "My prompt is more important", "ControlNet is more important"];
const RESIZE_MODES = ["Just Resize", "Crop and Resize", "Resize and Fill"];
/** @type {Record<string, [string | null, string | null]>} what a preprocessor's two thresholds mean */
const THRESHOLDS = {
  canny: ["Low threshold", "High threshold"],
  threshold: ["Binarization threshold", null],
  blur_gaussian: ["Sigma", null],
  tile_resample: ["Down sampling rate", null],
  scribble_xdog: ["XDoG threshold", null],
};
const THRESHOLD_NAMES = ["threshold_a", "threshold_b"];

/**
 * How a ControlNet unit guides, by ControlNet's names and with its defaults.
 * @returns {HTMLElement}
 */
export function guidance() {
  return h("div", { class: "columns" }, network(), strength(), modes(), preprocessing());
}

function network() {
  return [
    choice({ name: "module", label: "Preprocessor", options: ["none"], known: false }),
    choice({ name: "model", label: "Model", options: ["None"], known: false }),
  ];
}

function strength() {
  const share = (name, label, value) => slider({ name, label, min: 0, max: 1, step: 0.01, value });
  return [
    slider({ name: "weight", label: "Control weight", min: 0, max: 2, step: 0.05, value: 1 }),
    share("guidance_start", "Starting control step", 0),
    share("guidance_end", "Ending control step", 1),
  ];
}

function modes() {
  return [
    choice({ name: "control_mode", label: "Control mode", options: CONTROL_MODES }),
    choice({ name: "resize_mode", label: "Resize mode", options: RESIZE_MODES, value: "Crop and Resize" }),
  ];
}

function preprocessing() {
  return [
    toggle({ name: "pixel_perfect", label: "Pixel perfect" }),
    slider({
      name: "processor_res",
      label: "Preprocessor resolution",
      min: 64,
      max: 2048,
      step: 1,
      least: -1,
      most: 4096,
      value: 512,
    }),
    THRESHOLD_NAMES.map((name) => optional({ name, label: name, step: "any", placeholder: "its own" })),
  ];
}

/**
 * Show what the chosen preprocessor takes, and check what depends on each other.
 * @param {HTMLFormElement} form a unit's
 */
export function follow({ elements }) {
  const { module, pixel_perfect: pixelPerfect, guidance_start: start, guidance_end: end } = elements;
  shown(elements.processor_res, !pixelPerfect.checked && module.value !== "none");
  THRESHOLD_NAMES.forEach((name, place) => {
    const label = THRESHOLDS[module.value]?.[place];
    elements[name].closest(".field").querySelector("label").textContent = label ?? "";
    shown(elements[name], Boolean(label));
  });
  const late = start.valueAsNumber > end.valueAsNumber;
  end.setCustomValidity(late ? "It must not lie before the starting control step." : "");
}

/** What is not shown is neither checked nor ordered. */
function shown(control, now) {
  control.closest(".field").hidden = !now;
  control.disabled = !now;
}
