"""What a picture was drawn with, under the names that the WebUI has for it."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from container import VERSION
from shared.controlnet import Unit
from shared.infotext import Infotext
from shared.parameters import Img2ImgParameters, Parameters, Txt2ImgParameters

_FILLS = {0: "fill", 1: None, 2: "latent noise", 3: "latent nothing"}  # the WebUI's words; of 1 it has none to say


class Named(NamedTuple):
    """A model with its file's SHA-256 in hex."""

    name: str
    sha256: str


class Seeds(NamedTuple):
    seed: int
    subseed: int


def infotext(
    parameters: Parameters, seeds: Seeds, checkpoint: Named, vae: Named | None, networks: Mapping[str, str]
) -> str:
    """The text of one picture. `networks` are the lines of the networks that were applied, such as "Lora hashes"."""
    settings: dict[str, object] = {
        "Steps": parameters.steps,
        "Sampler": parameters.sampler_name,
        "Schedule type": parameters.scheduler,
        "CFG scale": parameters.cfg_scale,
        "Seed": seeds.seed,
        "Size": f"{parameters.width}x{parameters.height}",
        "Model hash": checkpoint.sha256[:10],
        "Model": checkpoint.name,
        **({"VAE hash": vae.sha256[:10], "VAE": vae.name} if vae else {}),
        **dict(_variation(parameters, seeds.subseed)),
        **dict(_strength(parameters)),
        **dict(_settings(parameters)),
        **dict(_of_the_task(parameters)),
        **dict(_of_the_sampler(parameters)),
        **{f"ControlNet {place}": _unit(unit) for place, unit in parameters.units.items()},
        **networks,
        "Version": f"goc-{VERSION}",
    }
    return str(Infotext(parameters.prompt, parameters.negative_prompt, {k: _spelt(v) for k, v in settings.items()}))


def _variation(parameters: Parameters, subseed: int) -> Iterator[tuple[str, object]]:
    if parameters.subseed_strength:
        yield "Variation seed", subseed
        yield "Variation seed strength", parameters.subseed_strength
    if parameters.seed_resize_from_w > 0 and parameters.seed_resize_from_h > 0:
        yield "Seed resize from", f"{parameters.seed_resize_from_w}x{parameters.seed_resize_from_h}"


def _strength(parameters: Parameters) -> Iterator[tuple[str, object]]:
    match parameters:
        case Img2ImgParameters() | Txt2ImgParameters(enable_hr=True):
            yield "Denoising strength", parameters.denoising_strength


def _settings(parameters: Parameters) -> Iterator[tuple[str, object]]:
    settings = parameters.override_settings
    if settings.clip_skip > 1:
        yield "Clip skip", settings.clip_skip
    if settings.eta_noise_seed_delta:
        yield "ENSD", settings.eta_noise_seed_delta
    if parameters.tiling:
        yield "Tiling", True


def _of_the_task(parameters: Parameters) -> Iterator[tuple[str, object]]:
    match parameters:
        case Img2ImgParameters():
            yield from _inpainting(parameters)
        case Txt2ImgParameters(enable_hr=True):
            yield from _hires(parameters)


def _inpainting(parameters: Img2ImgParameters) -> Iterator[tuple[str, object]]:
    if parameters.mask:
        if parameters.inpainting_mask_invert:
            yield "Mask mode", "Inpaint not masked"
        if blur := max(parameters.mask_blur_x, parameters.mask_blur_y):
            yield "Mask blur", blur
        if parameters.inpaint_full_res:
            yield "Inpaint area", "Only masked"
            yield "Masked area padding", parameters.inpaint_full_res_padding
        if fill := _FILLS[parameters.inpainting_fill]:
            yield "Masked content", fill
    if parameters.initial_noise_multiplier != 1:
        yield "Noise multiplier", parameters.initial_noise_multiplier


def _hires(parameters: Txt2ImgParameters) -> Iterator[tuple[str, object]]:
    if parameters.hr_resize_x or parameters.hr_resize_y:
        yield "Hires resize", f"{parameters.hr_resize_x}x{parameters.hr_resize_y}"
    else:
        yield "Hires upscale", parameters.hr_scale
    own = {
        "Hires steps": parameters.hr_second_pass_steps,
        "Hires upscaler": parameters.hr_upscaler,
        "Hires sampler": parameters.hr_sampler_name,
        "Hires schedule type": parameters.hr_scheduler,
        "Hires prompt": parameters.hr_prompt,
        "Hires negative prompt": parameters.hr_negative_prompt,
    }
    yield from ((name, value) for name, value in own.items() if value)


def _of_the_sampler(parameters: Parameters) -> Iterator[tuple[str, object]]:
    """What is told only where it is not at its default."""
    own = {
        "Eta": parameters.eta,
        "Sigma churn": parameters.s_churn or None,
        "Sigma tmin": parameters.s_tmin or None,
        "Sigma tmax": parameters.s_tmax,
        "Sigma noise": parameters.s_noise if parameters.s_noise != 1 else None,
    }
    yield from ((name, value) for name, value in own.items() if value is not None)


def _unit(unit: Unit) -> str:
    settings = {
        "Module": unit.module,
        "Model": unit.model,
        "Weight": unit.weight,
        "Resize Mode": unit.resize_mode,
        "Processor Res": unit.processor_res,
        "Threshold A": unit.threshold_a,
        "Threshold B": unit.threshold_b,
        "Guidance Start": unit.guidance_start,
        "Guidance End": unit.guidance_end,
        "Pixel Perfect": unit.pixel_perfect,
        "Control Mode": unit.control_mode,
    }
    return ", ".join(f"{name}: {value}" for name, value in settings.items() if value != -1)


def _spelt(value: object) -> str:
    return str(value).removesuffix(".0") if isinstance(value, float) else str(value)
