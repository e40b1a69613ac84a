"""Pictures from a prompt; larger ones in a second pass, the WebUI's hires fix."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from PIL import Image
from torch import Tensor
from torch.nn import functional

from container.latents import PIXELS
from container.sampling import courses
from container.sampling.samplers import calls
from container.work import Batch, Pass, Plan, Work
from shared.parameters import Txt2ImgParameters
from shared.upscalers import Upscaler


class _Interpolation(NamedTuple):
    mode: str
    antialias: bool = False


# Upscalers that enlarge the latents; the others enlarge the picture.
_OF_LATENTS: Mapping[Upscaler, _Interpolation] = {
    "Latent": _Interpolation("bilinear"),
    "Latent (antialiased)": _Interpolation("bilinear", antialias=True),
    "Latent (bicubic)": _Interpolation("bicubic"),
    "Latent (bicubic antialiased)": _Interpolation("bicubic", antialias=True),
    "Latent (nearest)": _Interpolation("nearest"),
    "Latent (nearest-exact)": _Interpolation("nearest-exact"),
}


def draw(
    work: Work, parameters: Txt2ImgParameters, plan: Plan, hires: Plan | None = None
) -> Iterator[tuple[Batch, list[Image.Image]]]:
    """Each batch with its pictures; `hires` is the plan of the second pass, if there is one."""
    first = _first(work, parameters, plan)
    second = _second(work, parameters, hires) if hires else None
    for batch in work.batches(first.course.steps + (second.course.steps if second else 0)):
        noise = work.noise(batch, plan.size)
        latents = work.sample(first, noise, first.course.begin(noise.first()))
        if second:
            noise = work.noise(batch, parameters.hr_size)
            larger = _enlarged(latents, parameters, work)
            latents = work.sample(second, noise, second.course.begin(noise.first(), larger.cpu()))
        yield batch, work.latents.decode(latents)


def _first(work: Work, parameters: Txt2ImgParameters, plan: Plan) -> Pass:
    sampler, steps = parameters.sampler_name, parameters.steps
    known = work.known(sampler)
    course = courses.txt2img(parameters.scheduler, steps, known, sampler)
    conditions = work.conditions(plan, parameters.prompt, parameters.negative_prompt, calls(sampler, steps))
    return Pass(sampler, known, course, conditions, plan)


def _second(work: Work, parameters: Txt2ImgParameters, plan: Plan) -> Pass:
    sampler = parameters.hr_sampler_name or parameters.sampler_name
    schedule = parameters.hr_scheduler or parameters.scheduler
    steps = parameters.hr_second_pass_steps or parameters.steps
    known = work.known(sampler)
    course = courses.hires(schedule, steps, parameters.denoising_strength, known, sampler)
    conditions = work.conditions(
        plan,
        parameters.hr_prompt or parameters.prompt,
        parameters.hr_negative_prompt or parameters.negative_prompt,
        calls(parameters.sampler_name, parameters.steps),
        calls(sampler, steps),
    )
    return Pass(sampler, known, course, conditions, plan)


def _enlarged(latents: Tensor, parameters: Txt2ImgParameters, work: Work) -> Tensor:
    """The first pass's latents at the size of the second, cropped about the middle if its aspect ratio differs."""
    width, height = parameters.hr_enlarged
    if interpolation := _OF_LATENTS.get(parameters.hr_upscaler):
        larger = _interpolated(latents, height // PIXELS, width // PIXELS, interpolation)
    else:
        filter = Image.Resampling.NEAREST if parameters.hr_upscaler == "Nearest" else Image.Resampling.LANCZOS
        larger = work.latents.encode([_upscaled(each, width, height, filter) for each in work.latents.decode(latents)])
    kept_across, kept_down = (side // PIXELS for side in parameters.hr_size)
    left, top = (larger.shape[3] - kept_across) // 2, (larger.shape[2] - kept_down) // 2
    return larger[..., top : top + kept_down, left : left + kept_across]


def _upscaled(picture: Image.Image, width: int, height: int, filter: Image.Resampling) -> Image.Image:
    """Resized by way of multiples of 8 pixels, as in the WebUI, whose upscalers make no other sizes."""
    scale = max(width / picture.width, height / picture.height)
    sides = int(picture.width * scale), int(picture.height * scale)
    upscaled = picture.resize(sides, filter)
    for size in ((sides[0] // 8 * 8, sides[1] // 8 * 8), (width, height)):
        upscaled = upscaled.resize(size, Image.Resampling.LANCZOS)
    return upscaled


def _interpolated(latents: Tensor, height: int, width: int, interpolation: _Interpolation) -> Tensor:
    options: dict[str, Any] = {"mode": interpolation.mode}
    if interpolation.antialias:
        options["antialias"] = True
    return functional.interpolate(latents, (height, width), **options)
