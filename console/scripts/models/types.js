/** @type {Record<string, string>} what the API calls each type of model, and what the page does */
export const TYPES = {
  checkpoint: "Checkpoint",
  textual_inversion: "Textual Inversion",
  lora: "LoRA",
  hypernetwork: "HyperNetwork",
  controlnet: "ControlNet-Model",
  vae: "VAE",
  detector: "Detector",
};
