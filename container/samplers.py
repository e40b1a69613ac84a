"""The WebUI's samplers as diffusers schedulers, each with the schedule that "Automatic" means in WebUI 1.10."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    SchedulerMixin,
)

from shared.parameters import Sampler

_SCHEDULERS: dict[Sampler, Callable[[Mapping[str, Any]], SchedulerMixin]] = {
    "Euler a": EulerAncestralDiscreteScheduler.from_config,
    "Euler": EulerDiscreteScheduler.from_config,
    "DPM++ 2M": partial(DPMSolverMultistepScheduler.from_config, use_karras_sigmas=True),
    "DDIM": DDIMScheduler.from_config,
}


def scheduler(sampler: Sampler, config: Mapping[str, Any]) -> SchedulerMixin:
    """A fresh scheduler for one order. `config` is the one that the checkpoint was loaded with."""
    return _SCHEDULERS[sampler](config)
