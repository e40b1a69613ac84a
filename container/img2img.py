"""Pictures from pictures, whole or where a mask lets them be drawn anew."""

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
from container.sampling.samplers import calls
from container.sampling.schedules import NoiseSchedule
from container.work import Batch, Pass, Plan, Work, batches
from shared.parameters import Img2ImgParameters

NOISE, NOTHING = 2, 3  # inpainting fills, by the WebUI's numbers


class _Start(NamedTuple):
    """Where the pictures of a batch begin. `drawn` is 1 where a latent is drawn anew, (n, 1, h, w)."""

    canvases: Sequence[Canvas]
    latents: Tensor
    drawn: Tensor | None


def draw(
    work: Work, parameters: Img2ImgParameters, plan: Plan, canvases: Sequence[Canvas]
) -> Iterator[tuple[Batch, list[Image.Image]]]:
    """Each batch with its pictures. The canvases are one for all, or one for each picture of a batch."""
    only, start = _only(work, parameters, plan), _start(work, parameters, canvases)
    work.steps = parameters.n_iter * only.course.steps
    inpainting = _inpainting(start, work)
    for batch in batches(parameters):
        noise = work.noise(batch, plan.size)
        first = noise.first()
        latents = _filled(start, first, parameters)
        begin = only.course.begin(first * parameters.initial_noise_multiplier, latents)
        drawn = work.sample(only, noise, begin, inpainting)
        pictures = work.latents.decode(inpainting.over(drawn) if inpainting else drawn)
        yield batch, [canvas.finish(picture) for canvas, picture in zip(start.canvases, pictures, strict=True)]


def _only(work: Work, parameters: Img2ImgParameters, plan: Plan) -> Pass:
    sampler, steps = parameters.sampler_name, parameters.steps
    known = NoiseSchedule.from_alphas_cumprod(work.model.alphas_cumprod).known_to(sampler)
    course = courses.img2img(parameters.scheduler, steps, parameters.denoising_strength, known, sampler)
    conditions = work.conditions(plan, parameters.prompt, parameters.negative_prompt, calls(sampler, steps))
    return Pass(sampler, known, course, conditions, plan)


def _start(work: Work, parameters: Img2ImgParameters, canvases: Sequence[Canvas]) -> _Start:
    """Each picture is looked at once, and serves as often as it is needed."""
    latents = work.latents.encode([canvas.image for canvas in canvases]).cpu()
    size = parameters.height // PIXELS, parameters.width // PIXELS
    if parameters.resize_mode == LATENT_UPSCALE:
        latents = functional.interpolate(latents, size, mode="bilinear")
    drawn = [_of_latents(canvas.mask, size) for canvas in canvases if canvas.mask]
    times = parameters.batch_size // len(canvases)
    return _Start([*canvases] * times, torch.cat([latents] * times), torch.cat(drawn * times) if drawn else None)


def _of_latents(mask: Image.Image, size: tuple[int, int]) -> Tensor:
    """A latent is drawn anew or not: nothing between, as the WebUI rounds."""
    height, width = size
    shares = np.asarray(mask.resize((width, height)), dtype=np.float32) / 255
    return torch.from_numpy(shares.round())[None, None]


def _filled(start: _Start, noise: Tensor, parameters: Img2ImgParameters) -> Tensor:
    if start.drawn is None or parameters.inpainting_fill not in (NOISE, NOTHING):
        return start.latents
    kept = start.latents * (1 - start.drawn)
    return kept + noise * start.drawn if parameters.inpainting_fill == NOISE else kept


def _inpainting(start: _Start, work: Work) -> Inpainting | None:
    if start.drawn is None:
        return None
    return Inpainting(start.latents.to(work.model.device), start.drawn.to(work.model.device))
