import { h } from "../dom.js";
import { choice, number, slider, toggle } from "./controls.js";
import { prompt } from "./prompts.js";

/**
 * The second, larger pass of a txt2img.
 * @returns {HTMLElement}
 */
export function hires() {
  return h(
    "fieldset",
    { class: "panel switched" },
    h("legend", {}, toggle({ name: "enable_hr", label: "Hires. fix" })),
    h(
      "div",
      { class: "columns" },
      choice({ name: "hr_upscaler", label: "Upscaler", options: ["Latent"], known: false }),
      slider({ name: "hr_second_pass_steps", label: "Hires steps", min: 0, max: 150, step: 1, value: 0 }),
      slider({ name: "denoising_strength", label: "Denoising strength", min: 0, max: 1, step: 0.01, value: 0.7 }),
      slider({ name: "hr_scale", label: "Upscale by", min: 1, max: 8, step: 0.05, value: 2 }),
      number({ name: "hr_resize_x", label: "Resize width to", min: 0, max: 4096, step: 8, value: 0 }),
      number({ name: "hr_resize_y", label: "Resize height to", min: 0, max: 4096, step: 8, value: 0 }),
      choice({
        name: "hr_sampler_name",
        label: "Hires sampling method",
        options: [["", "Use same sampler"]],
        known: false,
      }),
      choice({
        name: "hr_scheduler",
        label: "Hires schedule type",
        options: [["", "Use same scheduler"]],
        known: false,
      }),
    ),
    h(
      "details",
      { class: "extra" },
      h("summary", {}, "Hires prompts"),
      prompt("hr_prompt", "Hires prompt", 2, "As the prompt above, where this is empty"),
      prompt("hr_negative_prompt", "Hires negative prompt", 2, "As the negative prompt above, where this is empty"),
    ),
    h("p", { class: "hint hires-size" }),
  );
}

/**
 * Say what size the second pass makes. What is not switched on is not checked.
 * @param {HTMLFormElement} form
 * @param {Record<string, any>} values
 */
export function showHires(form, { enable_hr: on, width, height, hr_scale: scale, hr_resize_x: x, hr_resize_y: y }) {
  form.querySelector("fieldset.switched").disabled = !on;
  const eights = (pixels) => Math.floor(pixels / 8) * 8;
  let larger = [width * scale, height * scale];
  if (x || y) larger = [x || (width * y) / height, y || (height * x) / width];
  form.querySelector(".hires-size").textContent = `From ${width}×${height} to ${larger.map(eights).join("×")}`;
}
