import { h } from "../dom.js";
import { choice, slider } from "./controls.js";
import { Mask } from "./mask.js";
import { PictureBox } from "./picture.js";

/** The picture that an img2img begins with, its mask, and how both are used. */
export class Beginning {
  constructor() {
    this.box = new PictureBox("img2img", "Picture to begin with", "parameters.init_images");
    this.mask = new Mask(this.box);
    this.inpainting = inpainting();
    this.element = h(
      "div",
      { class: "beginning" },
      this.box.element,
      this.mask.tools,
      h(
        "div",
        { class: "columns" },
        slider({ name: "denoising_strength", label: "Denoising strength", min: 0, max: 1, step: 0.01, value: 0.75 }),
        choice({ name: "resize_mode", label: "Resize mode", options: RESIZE_MODES }),
      ),
      this.inpainting,
    );
  }

  async recall() {
    await this.box.recall();
  }
}

const RESIZE_MODES = numbered("Just resize", "Crop and resize", "Resize and fill", "Just resize (latent upscale)");

/** @returns {[string, string][]} */
function numbered(...labels) {
  return labels.map((label, place) => [String(place), label]);
}

function inpainting() {
  return h(
    "details",
    { class: "extra" },
    h("summary", {}, "Mask: how it is used"),
    h(
      "div",
      { class: "columns" },
      choice({
        name: "inpainting_mask_invert",
        label: "Mask mode",
        options: numbered("Inpaint masked", "Inpaint not masked"),
      }),
      choice({
        name: "inpainting_fill",
        label: "Masked content",
        options: numbered("fill", "original", "latent noise", "latent nothing"),
        value: "1",
      }),
      choice({
        name: "inpaint_full_res",
        label: "Inpaint area",
        options: [
          ["", "Whole picture"],
          ["yes", "Only masked"],
        ],
      }),
      slider({ name: "mask_blur", label: "Mask blur", min: 0, max: 64, step: 1, most: 256, value: 4 }),
      slider({
        name: "inpaint_full_res_padding",
        label: "Only masked padding, pixels",
        min: 0,
        max: 256,
        step: 4,
        most: 4096,
        value: 32,
      }),
    ),
  );
}
