"""The bare diffusers loop over a checkpoint that the container has in memory."""

from io import BytesIO

import torch
from diffusers import EulerAncestralDiscreteScheduler, StableDiffusionPipeline, StableDiffusionXLPipeline

from container.loading import StableDiffusion
from shared.contents import Base
from shared.parameters import Parameters


class Bare:
    """diffusers' own pipeline of the same UNet, VAE and text encoders. It always draws with "Euler a"."""

    def __init__(self, model: StableDiffusion) -> None:
        self._vae = model.vae
        self._vae.enable_slicing()  # one picture after the other, as the container does
        self._pipeline = _of_xl(model) if model.base is Base.SDXL else _of_others(model)
        self._pipeline.set_progress_bar_config(disable=True)

    @torch.inference_mode()
    def draw(self, parameters: Parameters) -> None:
        """Draw one batch and encode it as PNGs."""
        latents = self._pipeline(
            prompt=parameters.prompt,
            width=parameters.width,
            height=parameters.height,
            num_inference_steps=parameters.steps,
            guidance_scale=parameters.cfg_scale,
            num_images_per_prompt=parameters.batch_size,
            generator=torch.Generator().manual_seed(parameters.seed),
            output_type="latent",  # diffusers decodes no latents in half precision with a VAE in single precision
        ).images
        decoded = self._vae.decode(latents.to(self._vae.dtype) / self._vae.config.scaling_factor).sample
        for image in self._pipeline.image_processor.postprocess(decoded):
            image.save(BytesIO(), "png")


def _of_others(model: StableDiffusion) -> StableDiffusionPipeline:
    return StableDiffusionPipeline(
        model.vae,
        model.text_encoders[0],
        model.tokenizers[0],
        model.unet,
        _scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def _of_xl(model: StableDiffusion) -> StableDiffusionXLPipeline:
    return StableDiffusionXLPipeline(
        model.vae, *model.text_encoders, *model.tokenizers, model.unet, _scheduler(), add_watermarker=False
    )


def _scheduler() -> EulerAncestralDiscreteScheduler:
    """As configured in Stable Diffusion's files."""
    return EulerAncestralDiscreteScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1
    )
