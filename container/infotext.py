"""What a picture was drawn with, under the WebUI's names."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from container import VERSION
from container.controlnet import preprocessors
from shared.controlnet import Unit
from shared.infotext import Infotext
from shared.parameters import Img2ImgParameters, Parameters, Txt2ImgParameters
from shared.samplers import (
    ANCESTRAL,
    CHURNING,
    ETAS,
    OWN_TIMESTEPS,
    SCALING_NOISE,
    Sampler,
    ScheduleType,
    resolved,
)

_BETA = 0.6  # both shapes of the Beta schedule
_FILLS = {0: "fill", 1: None, 2: "latent noise", 3: "latent nothing"}  # the WebUI's words; it writes none for 1


class Named(NamedTuple):
    """A model with its file's SHA-256 in hex."""

    name: str
    sha256: str


class Seeds(NamedTuple):
    seed: int
    subseed: int


class _Pass(NamedTuple):
    sampler: Sampler
    schedule: ScheduleType


def infotext(
    parameters: Parameters,
    seeds: Seeds,
    checkpoint: Named,
    vae: Named | None,
    networks: Mapping[str, str],
    zero_terminal_snr: bool,
) -> str:
    """The text of one picture. `networks` are the lines of the networks that were applied, such as "Lora hashes".

    The keys, their order and when they are written are those of the WebUI v1.10.
    """
    passes = [*_passes(parameters)]
    settings: dict[str, object] = {
        **_always(parameters, seeds.seed, passes[0].schedule),
        **_models(checkpoint, vae),
        **dict(_variation(parameters, seeds.subseed)),
        **dict(_strength(parameters)),
        **dict(_settings(parameters)),
        **{f"ControlNet {place}": _unit(unit) for place, unit in parameters.units.items()},
        **dict(_of_the_task(parameters, passes)),
        **networks,
        **({"Noise Schedule": "Zero Terminal SNR"} if zero_terminal_snr else {}),
        **dict(_noise(parameters)),
        **dict(_of_the_samplers(parameters, passes)),
        "Version": f"goc-{VERSION}",
    }
    return str(Infotext(parameters.prompt, parameters.negative_prompt, {k: _spelt(v) for k, v in settings.items()}))


def _always(parameters: Parameters, seed: int, schedule: ScheduleType) -> dict[str, object]:
    return {
        "Steps": parameters.steps,
        "Sampler": parameters.sampler_name,
        "Schedule type": schedule,
        "CFG scale": parameters.cfg_scale,
        "Seed": seed,
        "Size": f"{parameters.width}x{parameters.height}",
    }


def _models(checkpoint: Named, vae: Named | None) -> dict[str, object]:
    own = {"Model hash": checkpoint.sha256[:10], "Model": checkpoint.name}
    return {**own, "VAE hash": vae.sha256[:10], "VAE": vae.name} if vae else {**own}


def _passes(parameters: Parameters) -> Iterator[_Pass]:
    sampler, schedule = parameters.sampler_name, parameters.scheduler
    yield _Pass(sampler, resolved(schedule, sampler))
    match parameters:
        case Txt2ImgParameters(enable_hr=True):
            sampler = parameters.hr_sampler_name or sampler
            yield _Pass(sampler, resolved(parameters.hr_scheduler or schedule, sampler))


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
    if settings.eta_noise_seed_delta and parameters.sampler_name in ANCESTRAL and parameters.eta != 0:
        yield "ENSD", settings.eta_noise_seed_delta
    if settings.randn_source != "GPU":
        yield "RNG", settings.randn_source
    if parameters.tiling:
        yield "Tiling", True


def _of_the_task(parameters: Parameters, passes: Sequence[_Pass]) -> Iterator[tuple[str, object]]:
    match parameters:
        case Img2ImgParameters() if parameters.mask:
            yield from _inpainting(parameters)
        case Txt2ImgParameters(enable_hr=True):
            own = _hires(parameters, *passes)
            yield from ((name, value) for name, value in own.items() if value)


def _inpainting(parameters: Img2ImgParameters) -> Iterator[tuple[str, object]]:
    if parameters.inpainting_mask_invert:
        yield "Mask mode", "Inpaint not masked"
    if parameters.mask_blur_x == parameters.mask_blur_y > 0:  # the WebUI has no word for two
        yield "Mask blur", parameters.mask_blur_x
    if parameters.inpaint_full_res:
        yield "Inpaint area", "Only masked"
        yield "Masked area padding", parameters.inpaint_full_res_padding
    if fill := _FILLS[parameters.inpainting_fill]:
        yield "Masked content", fill


def _hires(parameters: Txt2ImgParameters, first: _Pass, second: _Pass) -> dict[str, object]:
    """What the second pass does not share with the first.

    Its schedule type may be "Automatic", which the WebUI does not write and then reads as the first pass's.
    """
    x, y = parameters.hr_resize_x, parameters.hr_resize_y
    heeded = second.sampler not in OWN_TIMESTEPS
    return {
        "Hires sampler": _unlike(first.sampler, second.sampler),
        "Hires prompt": _unlike(parameters.prompt, parameters.hr_prompt),
        "Hires negative prompt": _unlike(parameters.negative_prompt, parameters.hr_negative_prompt),
        "Hires schedule type": _unlike(first.schedule, second.schedule) if heeded else None,
        "Hires upscale": None if x or y else parameters.hr_scale,
        "Hires resize": f"{x}x{y}" if x or y else None,
        "Hires steps": parameters.hr_second_pass_steps,
        "Hires upscaler": parameters.hr_upscaler,
    }


def _unlike(first: str, second: str) -> str | None:
    return second if second != first else None


def _noise(parameters: Parameters) -> Iterator[tuple[str, object]]:
    match parameters:
        case Img2ImgParameters() if parameters.initial_noise_multiplier != 1:
            yield "Noise multiplier", parameters.initial_noise_multiplier


def _of_the_samplers(parameters: Parameters, passes: Sequence[_Pass]) -> Iterator[tuple[str, object]]:
    """The settings that the samplers heed and that are not at their defaults."""
    for sampler, schedule in passes:
        if schedule == "Beta" and sampler not in OWN_TIMESTEPS:  # always, as in the WebUI
            yield "Beta schedule alpha", _BETA
            yield "Beta schedule beta", _BETA
        if sampler in ETAS and parameters.eta not in (None, ETAS[sampler]):
            yield "Eta DDIM" if sampler in OWN_TIMESTEPS else "Eta", parameters.eta
        if sampler in CHURNING:
            yield from _churn(parameters)
        if sampler in SCALING_NOISE and parameters.s_noise != 1:
            yield "Sigma noise", parameters.s_noise


def _churn(parameters: Parameters) -> Iterator[tuple[str, object]]:
    if parameters.s_churn:
        yield "Sigma churn", parameters.s_churn
    if parameters.s_tmin:
        yield "Sigma tmin", parameters.s_tmin
    if parameters.s_tmax is not None:
        yield "Sigma tmax", parameters.s_tmax


def _unit(unit: Unit) -> str:
    resolution, a, b = preprocessors.settings(unit)
    settings = {
        "Module": unit.module,
        "Model": unit.model,
        "Weight": unit.weight,
        "Resize Mode": unit.resize_mode,
        "Processor Res": resolution,
        "Threshold A": float(a),
        "Threshold B": float(b),
        "Guidance Start": unit.guidance_start,
        "Guidance End": unit.guidance_end,
        "Pixel Perfect": unit.pixel_perfect,
        "Control Mode": unit.control_mode,
    }
    return ", ".join(f"{name}: {value}" for name, value in settings.items())


def _spelt(value: object) -> str:
    return str(value).removesuffix(".0") if isinstance(value, float) else str(value)
