"""The bare diffusers loop over a checkpoint that the container has in memory."""

from io import BytesIO

import torch
from diffusers import EulerAncestralDiscreteScheduler, StableDiffusionPipeline, StableDiffusionXLPipeline

from container.architectures import Base
from container.loading import StableDiffusion
from shared.parameters import Parameters


class Bare:
    """diffusers' own pipeline of the same UNet, VAE and text encoders; it draws "Euler a" only."""

    def __init__(self, model: StableDiffusion) -> None:
        self._pipeline = _xl(model) if model.base is Base.SDXL else _of_one_text_encoder(model)
        self._pipeline.set_progress_bar_config(disable=True)

    def draw(self, parameters: Parameters) -> list[bytes]:
        """A batch, as PNGs."""
        drawn = self._pipeline(
            prompt=parameters.prompt,
            width=parameters.width,
            height=parameters.height,
            num_inference_steps=parameters.steps,
            guidance_scale=parameters.cfg_scale,
            num_images_per_prompt=parameters.batch_size,
            generator=torch.Generator().manual_seed(parameters.seed),
        )
        files = [BytesIO() for _ in drawn.images]
        for image, file in zip(drawn.images, files, strict=True):
            image.save(file, "png")
        return [file.getvalue() for file in files]
