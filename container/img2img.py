"""Pictures from pictures, redrawn whole or where a mask says so."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from container.canvas import LATENT_UPSCALE, Canvas
from container.denoiser import Inpainting
from container.latents import PIXELS
from container.sampling import courses
from container.sampling.noise import Noise
from container.sampling.samplers import calls
from container.work import Batch, Pass, Plan, Work, batches
from shared.parameters import Img2ImgParameters
from shared.samplers import OWN_TIMESTEPS

ITSELF, NOISE, NOTHING = 1, 2, 3  # inpainting fills, by the WebUI's numbers


class _Start(NamedTuple):
    """What the pictures of a batch begin with. `drawn`, (n, 1, h, w), is 1 where a latent is redrawn."""

    canvases: Sequence[Canvas]
    latents: Tensor
    drawn: Tensor | None


def draw(
    work: Work, parameters: Img2ImgParameters, plan: Plan, canvases: Sequence[Canvas]
) -> Iterator[tuple[Batch, list[Image.Image]]]:
    """Each batch with its pictures. A batch uses the canvases in turn: one for all its pictures, or one for each."""
    only, start = _only(work, parameters, plan), _start(work, parameters, canvases)
    inpainting = _inpainting(start, work)
    for batch in work.batches(only.course.steps):
        noise = work.noise(batch, plan.size)
        begin = only.course.begin(noise.first() * parameters.initial_noise_multiplier, start.latents)
        drawn = work.sample(only, noise, begin, inpainting)
        pictures = work.latents.decode(inpainting.over(drawn) if inpainting else drawn)
        yield batch, [canvas.finish(picture) for canvas, picture in zip(start.canvases, pictures, strict=True)]


def _only(work: Work, parameters: Img2ImgParameters, plan: Plan) -> Pass:
    sampler, steps = parameters.sampler_name, parameters.steps
    known = work.known(sampler)
    course = courses.img2img(parameters.scheduler, steps, parameters.denoising_strength, known, sampler)
    conditions = work.conditions(plan, parameters.prompt, parameters.negative_prompt, calls(sampler, steps))
    return Pass(sampler, known, course, conditions, plan)


def _start(work: Work, parameters: Img2ImgParameters, canvases: Sequence[Canvas]) -> _Start:
    """Each canvas is encoded once, and repeated to fill the batch."""
    itself = parameters.inpainting_fill == ITSELF
    latents = work.latents.encode([canvas.image if itself else canvas.filled for canvas in canvases]).cpu()
    size = parameters.height // PIXELS, parameters.width // PIXELS
    if parameters.resize_mode == LATENT_UPSCALE:
        latents = functional.interpolate(latents, size, mode="bilinear")
    drawn = [_of_latents(canvas.mask, size) for canvas in canvases if canvas.mask]
    times = parameters.batch_size // len(canvases)
    start = _Start([*canvases] * times, torch.cat([latents] * times), torch.cat(drawn * times) if drawn else None)
    return start._replace(latents=_begun(start, parameters))


def _of_latents(mask: Image.Image, size: tuple[int, int]) -> Tensor:
    """The mask at the size of the latents, each redrawn or not, with nothing between: the WebUI rounds, too."""
    height, width = size
    shares = np.asarray(mask.resize((width, height)), dtype=np.float32) / 255
    return torch.from_numpy(shares.round())[None, None]


def _begun(start: _Start, parameters: Img2ImgParameters) -> Tensor:
    """The latents, with noise or nothing in place of what is redrawn, if the fill says so."""
    if start.drawn is None or parameters.inpainting_fill not in (NOISE, NOTHING):
        return start.latents
    kept = start.latents * (1 - start.drawn)
    if parameters.inpainting_fill == NOTHING:
        return kept
    seeds = [each.seed for each in next(batches(parameters))]  # for every batch, without variation, as in the WebUI
    channels, height, width = kept.shape[1:]
    noise = Noise(seeds, (channels, height, width), source=parameters.override_settings.randn_source)
    return kept + noise.first() * start.drawn


def _inpainting(start: _Start, work: Work) -> Inpainting | None:
    if start.drawn is None:
        return None
    kept, drawn = (each.to(work.model.device) for each in (start.latents, start.drawn))
    return Inpainting(kept, drawn, shown=work.parameters.sampler_name in OWN_TIMESTEPS)
