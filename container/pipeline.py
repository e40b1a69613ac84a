"""Stable Diffusion itself: loaded once for a checkpoint, then drawing one order after another."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import diffusers
import numpy as np
import torch
from diffusers import StableDiffusionPipeline
from diffusers.loaders.single_file_utils import SingleFileComponentError
from numpy.typing import NDArray
from PIL.Image import Image

from container import architectures, samplers
from container.architectures import Architecture, UnusableCheckpoint
from container.failures import Failure
from container.infotext import infotext
from container.tokenizer import tokenizer
from shared.parameters import Parameters


class NotDrawn(Failure):
    """A checkpoint that was loaded could not draw the order."""


@dataclass(frozen=True)
class Drawing:
    """One picture; `seed` alone, as a single picture, draws it again."""

    image: Image
    seed: int
    infotext: str


@dataclass(frozen=True)
class Pipeline:
    """A checkpoint in memory. One thread at a time may draw with it."""

    name: str
    sha256: str
    stable_diffusion: StableDiffusionPipeline
    # The first scheduler's: a later one's config would bring the marks of its own sampler along.
    noise_schedule: Mapping[str, Any]

    @classmethod
    def load(cls, checkpoint: Path, name: str, sha256: str) -> Self:
        """Load an LDM-layout `.safetensors` file, on the GPU in half precision where there is one.

        `name` and `sha256` (hex) go into the infotexts. Raises UnusableCheckpoint.
        """
        architecture = architectures.find(checkpoint)
        diffusers.utils.logging.set_verbosity_error()  # a warning would quote a prompt that is too long
        diffusers.utils.logging.disable_progress_bar()
        try:
            loaded = _load(checkpoint, architecture)
        except (ValueError, NotImplementedError, SingleFileComponentError) as error:
            raise UnusableCheckpoint(
                "This checkpoint is incomplete, or parts of it are of another model: some of Stable Diffusion 1.x's "
                "weights are missing or of another shape. Choose another checkpoint."
            ) from error
        return cls(name, sha256, loaded, loaded.scheduler.config)

    def draw(self, parameters: Parameters, on_step: Callable[[float], None]) -> Iterator[list[Drawing]]:
        """Draw an order, one batch per iteration.

        `on_step` is told the share of the whole order that is done (0 to 1) after every sampling step; what it
        raises stops the drawing at once. Raises NotDrawn.
        """
        self.stable_diffusion.scheduler = samplers.scheduler(parameters.sampler, self.noise_schedule)
        first = secrets.randbelow(2**32) if parameters.seed == -1 else parameters.seed
        seeds = [(first + picture) % 2**32 for picture in range(parameters.pictures)]
        for start in range(0, parameters.pictures, parameters.batch_size):
            batch = seeds[start : start + parameters.batch_size]
            yield self._drawings(parameters, batch, self._sample(parameters, batch, start, on_step))

    def _sample(
        self, parameters: Parameters, seeds: list[int], before: int, on_step: Callable[[float], None]
    ) -> NDArray[np.float32]:
        """The pictures of these seeds as (picture, height, width, RGB) from 0 to 1; `before` were drawn earlier."""

        def report(pipeline: StableDiffusionPipeline, step: int, _time: Any, _tensors: Any) -> dict[str, Any]:
            share = (step + 1) / pipeline.num_timesteps
            on_step((before + share * len(seeds)) / parameters.pictures)
            return {}

        try:
            drawn: NDArray[np.float32] = self.stable_diffusion(
                parameters.prompt,
                negative_prompt=parameters.negative_prompt,
                width=parameters.width,
                height=parameters.height,
                num_inference_steps=parameters.steps,
                guidance_scale=parameters.cfg_scale,
                num_images_per_prompt=len(seeds),
                # One each, on the CPU: a picture's noise depends neither on its batch nor on the GPU.
                generator=[torch.Generator().manual_seed(seed) for seed in seeds],
                output_type="np",
                callback_on_step_end=report,
            ).images
        except torch.OutOfMemoryError as error:
            raise NotDrawn(
                f"The GPU's memory is too small for {len(seeds)} pictures of {parameters.width}x{parameters.height} "
                "at once. Order a smaller batch_size, width or height."
            ) from error
        return drawn

    def _drawings(self, parameters: Parameters, seeds: list[int], pictures: NDArray[np.float32]) -> list[Drawing]:
        if np.isnan(pictures).any():
            raise NotDrawn(
                "The checkpoint drew values that are not numbers (NaN): it is damaged, or overflows in half precision. "
                "Upload it again, or choose another one."
            )
        images = self.stable_diffusion.image_processor.numpy_to_pil(pictures)
        return [
            Drawing(image, seed, infotext(parameters, seed, self.name, self.sha256))
            for image, seed in zip(images, seeds, strict=True)
        ]


def _load(checkpoint: Path, architecture: Architecture) -> StableDiffusionPipeline:
    gpu = torch.cuda.is_available()
    loaded = StableDiffusionPipeline.from_single_file(
        str(checkpoint),
        config=str(architecture.folder),
        local_files_only=True,
        tokenizer=tokenizer(architecture.vocabulary_size),
        torch_dtype=torch.float16 if gpu else torch.float32,
    )
    loaded.set_progress_bar_config(disable=True)
    loaded.vae.enable_slicing()  # a whole batch decoded at once needs more memory than drawing it
    return loaded.to("cuda" if gpu else "cpu")
