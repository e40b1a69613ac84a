/** @type {Record<string, string>} what the API calls each type of model, and what the page does */
export const TYPES = {
  checkpoint: "Checkpoint",
  lora: "LoRA",
  textual_inversion: "Textual Inversion",
  hypernetwork: "HyperNetwork",
  controlnet: "ControlNet",
  vae: "VAE",
  detector: "Detector",
};
