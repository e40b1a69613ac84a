// The text that the WebUI keeps inside a picture: its prompts, then one line of settings.

import { bare } from "./names.js";

const NEGATIVE = "Negative prompt:";
const SETTING = /\s*(\w[\w \-/]*):\s*("(?:\\.|[^\\"])*"|[^,]*)(?:,|$)/g;

/**
 * @param {string} text
 * @returns {{prompt: string, negativePrompt: string, settings: Record<string, string>}} settings by the WebUI's names
 */
export function parse(text) {
  const lines = text.trim().split("\n");
  let settings = settingsOf(lines.at(-1) ?? "");
  if ("Steps" in settings) lines.pop();
  else settings = {};
  const whole = `\n${lines.join("\n")}`;
  const place = whole.indexOf(`\n${NEGATIVE}`);
  if (place < 0) return { prompt: whole.trim(), negativePrompt: "", settings };
  return {
    prompt: whole.slice(0, place).trim(),
    negativePrompt: whole.slice(place + 1 + NEGATIVE.length).trim(),
    settings,
  };
}

function settingsOf(line) {
  return Object.fromEntries([...line.matchAll(SETTING)].map(([, name, value]) => [name, unquoted(value)]));
}

function unquoted(value) {
  try {
    return value.startsWith('"') ? String(JSON.parse(value)) : value.trim();
  } catch {
    return value;
  }
}

/** @type {Record<string, string>} the form's fields, by the infotext's names; all others have their rule below */
const FIELDS = {
  Steps: "steps",
  Sampler: "sampler_name",
  "Schedule type": "scheduler",
  "CFG scale": "cfg_scale",
  Seed: "seed",
  "Denoising strength": "denoising_strength",
  "Clip skip": "clip_skip",
  RNG: "randn_source",
  "Variation seed": "subseed",
  "Variation seed strength": "subseed_strength",
  "Hires upscale": "hr_scale",
  "Hires steps": "hr_second_pass_steps",
  "Hires upscaler": "hr_upscaler",
  "Hires sampler": "hr_sampler_name",
  "Hires schedule type": "hr_scheduler",
  "Hires prompt": "hr_prompt",
  "Hires negative prompt": "hr_negative_prompt",
  "Mask blur": "mask_blur",
  "Masked area padding": "inpaint_full_res_padding",
  ENSD: "eta_noise_seed_delta",
  Eta: "eta",
  "Eta DDIM": "eta",
  "Sigma churn": "s_churn",
  "Sigma tmin": "s_tmin",
  "Sigma tmax": "s_tmax",
  "Sigma noise": "s_noise",
  "Noise multiplier": "initial_noise_multiplier",
};

// What has a rule of its own below, and what follows from all the rest, such as the hashes of models.
const OWN = /^(Size|(Hires|Seed) resize.*|Tiling|Inpaint area|Mask(ed content| mode)|Model|VAE|ControlNet \d)$/;
const FOLLOWS = /^(Version|Beta schedule (alpha|beta)|Noise Schedule|Batch (size|pos)|.* hash(es)?)$/;

const NO_VAE = ["None", "Automatic"];
const FILLS = ["fill", "original", "latent noise", "latent nothing"];
const OLD_SCHEDULES = / (Karras|Exponential|Polyexponential)$/;

/**
 * What a form is to be filled with to draw the picture again.
 * @param {string} text
 * @returns {Record<string, any>} its fields; `units`; `checkpoint` and `vae` if they are named; `unknown`, the names
 *   of settings that have no field
 */
export function fields(text) {
  const { prompt, negativePrompt, settings } = parse(text);
  const named = Object.entries(FIELDS).filter(([name]) => name in settings);
  const values = Object.fromEntries(named.map(([name, field]) => [field, settings[name]]));
  return {
    prompt,
    negative_prompt: negativePrompt,
    ...values,
    ...sampler(values),
    ...pair(settings.Size, "width", "height"),
    ...pair(settings["Hires resize"], "hr_resize_x", "hr_resize_y"),
    ...pair(settings["Seed resize from"], "seed_resize_from_w", "seed_resize_from_h"),
    enable_hr: "Hires upscale" in settings || "Hires resize" in settings,
    tiling: settings.Tiling === "True",
    inpaint_full_res: settings["Inpaint area"] === "Only masked" ? "yes" : "",
    inpainting_fill: String(Math.max(0, FILLS.indexOf(settings["Masked content"] ?? "original"))),
    inpainting_mask_invert: settings["Mask mode"] === "Inpaint not masked" ? "1" : "0",
    units: units(settings),
    checkpoint: settings.Model,
    vae: NO_VAE.includes(settings.VAE) ? undefined : settings.VAE,
    unknown: Object.keys(settings).filter((name) => !(name in FIELDS || OWN.test(name) || FOLLOWS.test(name))),
  };
}

/** A sampler's name used to include its schedule type. */
function sampler({ sampler_name: name, scheduler }) {
  const old = scheduler ? null : name?.match(OLD_SCHEDULES);
  return old ? { sampler_name: name.replace(OLD_SCHEDULES, ""), scheduler: old[1] } : {};
}

function pair(size, first, second) {
  const found = size?.match(/^(\d+)x(\d+)$/);
  return found ? { [first]: Number(found[1]), [second]: Number(found[2]) } : {};
}

/** @type {Record<string, string>} */
const UNIT_FIELDS = {
  Module: "module",
  Model: "model",
  Weight: "weight",
  "Resize Mode": "resize_mode",
  "Processor Res": "processor_res",
  "Threshold A": "threshold_a",
  "Threshold B": "threshold_b",
  "Guidance Start": "guidance_start",
  "Guidance End": "guidance_end",
  "Control Mode": "control_mode",
};

function units(settings) {
  const found = [];
  for (const [name, text] of Object.entries(settings)) {
    const place = name.match(/^ControlNet (\d)$/)?.[1];
    if (place) found[Number(place)] = unit(settingsOf(text));
  }
  return Array.from(found, (each) => each ?? {});
}

function unit(settings) {
  const named = Object.entries(UNIT_FIELDS).filter(([name]) => name in settings);
  const values = Object.fromEntries(named.map(([name, field]) => [field, settings[name]]));
  values.model = bare(values.model ?? "None"); // the WebUI writes it with its hash
  return { ...values, pixel_perfect: settings["Pixel Perfect"] === "True", enabled: true };
}
