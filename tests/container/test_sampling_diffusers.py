"""The samplers against diffusers' schedulers, an independent implementation, over noise levels that those accept."""

from collections.abc import Callable
from functools import partial
from inspect import signature
from math import hypot
from typing import Any

import pytest
import torch
from diffusers import (
    DDIMScheduler,
    DEISMultistepScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    HeunDiscreteScheduler,
    KDPM2DiscreteScheduler,
    PNDMScheduler,
    UniPCMultistepScheduler,
)
from torch import Tensor

from container.diffusion import alphas_cumprod
from container.sampling.brownian import BrownianPaths
from container.sampling.courses import txt2img
from container.sampling.noise import Noise
from container.sampling.run import Denoise, Options
from container.sampling.samplers import sample
from container.sampling.schedules import NoiseSchedule
from shared.samplers import Sampler
from tests.container.gaussian import unheard

pytestmark = pytest.mark.filterwarnings("ignore:__array_wrap__:DeprecationWarning")  # diffusers' with numpy 2

SHAPE = (4, 8, 8)
SEED = 3
STEPS = 20
MODEL = NoiseSchedule.from_alphas_cumprod(alphas_cumprod())

_dpm = partial(DPMSolverMultistepScheduler, use_karras_sigmas=True)
_sde = partial(_dpm, algorithm_type="sde-dpmsolver++")
KARRAS: dict[Sampler, Callable[..., Any]] = {
    "Euler": partial(EulerDiscreteScheduler, use_karras_sigmas=True),
    "Euler a": EulerAncestralDiscreteScheduler,  # which has only its own levels, even in time
    "Heun": partial(HeunDiscreteScheduler, use_karras_sigmas=True),
    "DPM2": partial(KDPM2DiscreteScheduler, use_karras_sigmas=True),
    "DPM++ 2M": _dpm,
    "DPM++ 2M SDE": _sde,
    "DPM++ 2M SDE Heun": partial(_sde, solver_type="heun"),
    "DPM++ 3M SDE": partial(_dpm, solver_order=3),  # without noise: with it, diffusers has one sign reversed
    "UniPC": partial(UniPCMultistepScheduler, use_karras_sigmas=True, solver_order=3, solver_type="bh1"),
    "DEIS": partial(DEISMultistepScheduler, use_karras_sigmas=True, solver_order=3),
}


def denoise(x: Tensor, sigma: float) -> Tensor:
    """Some x0 that is not just a multiple of x."""
    return torch.tanh(x / hypot(1, sigma)) + 0.1 * x / hypot(2, sigma)


def watched(seen: list[Tensor]) -> Denoise:
    """The same, but it keeps what it is called with."""

    def watching(x: Tensor, sigma: float) -> Tensor:
        seen.append(x)
        return denoise(x, sigma)

    return watching


def ours(sampler: Sampler, levels: Tensor, options: Options) -> list[Tensor]:
    """What the model is shown on the way from a seed's noise."""
    seen: list[Tensor] = []
    noise = Noise([SEED], SHAPE, source="CPU")
    sample(sampler, watched(seen), noise.first() * levels[0], levels, noise, options, unheard)
    return seen


def theirs(
    scheduler: Any, levels: list[float], preserving: bool, paths: BrownianPaths | None = None, **settings: Any
) -> list[Tensor]:
    """The same from a scheduler, called at these levels, in variance-preserving scale or not.

    `paths` are its noise, if not the scheduler's own.
    """
    seen: list[Tensor] = []
    generator = torch.Generator().manual_seed(SEED)
    if "generator" in signature(scheduler.step).parameters:
        settings["generator"] = generator
    x = torch.randn(1, *SHAPE, generator=generator) * levels[0]
    x = x / hypot(1, levels[0]) if preserving else x
    for sigma, following, time in zip(levels, [*levels[1:], 0.0], scheduler.timesteps, strict=True):
        seen.append(x * hypot(1, sigma) if preserving else x)
        noise = (seen[-1] - denoise(seen[-1], sigma)) / sigma
        if paths:
            settings["variance_noise"] = paths.noise(sigma, following) if following else torch.zeros_like(x)
        x = scheduler.step(noise, time, x, **settings).prev_sample
    return seen


def called_at(scheduler: Any) -> list[float]:
    levels: list[float] = scheduler.sigmas.tolist()[: len(scheduler.timesteps)]
    if hasattr(scheduler, "sigmas_interpol"):
        levels[1::2] = scheduler.sigmas_interpol.tolist()[1 : len(levels) : 2]
    return levels


@pytest.mark.parametrize("sampler", KARRAS)
def test_the_model_is_shown_what_diffusers_shows_it(sampler: Sampler) -> None:
    scheduler = KARRAS[sampler](beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
    scheduler.set_timesteps(STEPS)
    options = Options(eta=0) if sampler == "DPM++ 3M SDE" else Options()
    shown = ours(sampler, scheduler.sigmas.unique().flip(0), options)
    levels, preserving = called_at(scheduler), "Multistep" in type(scheduler).__name__
    paths = Noise([SEED], SHAPE, source="CPU").paths(levels[-1], levels[0]) if "SDE" in sampler else None
    shown_there = theirs(scheduler, levels, preserving, paths)
    assert len(shown) >= STEPS - 1
    for here, there in zip(shown, shown_there, strict=False):
        assert torch.allclose(here, there, rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize(
    ("sampler", "scheduler", "eta"),
    [("DDIM", DDIMScheduler, 0.0), ("DDIM", DDIMScheduler, 1.0), ("PLMS", PNDMScheduler, 0.0)],
)
def test_own_timesteps_are_diffusers_too(sampler: Sampler, scheduler: Callable[..., Any], eta: float) -> None:
    settings: dict[str, Any] = {"skip_prk_steps": True} if sampler == "PLMS" else {"clip_sample": False}
    made = scheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1, **settings)
    made.set_timesteps(STEPS)
    shown = ours(sampler, txt2img("Automatic", STEPS, MODEL, sampler).sigmas, Options(eta=eta))
    levels = [MODEL.sigma(time) for time in made.timesteps.tolist()]
    taken: dict[str, Any] = {"eta": eta} if sampler == "DDIM" else {}
    shown_there = theirs(made, levels, preserving=True, **taken)
    assert len(shown) == len(shown_there) - 1  # the WebUI ends at the first timestep
    for here, there in zip(shown, shown_there, strict=False):
        assert torch.allclose(here, there, atol=2e-4)
