"""The WebUI's samplers and schedule types, by its names; what they were called before is understood too.

Names, aliases and what "Automatic" stands for are those of the WebUI v1.10.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, NamedTuple, get_args

from pydantic import BeforeValidator

from shared.suggestions import did_you_mean

Sampler = Literal[
    "DPM++ 2M",
    "DPM++ SDE",
    "DPM++ 2M SDE",
    "DPM++ 2M SDE Heun",
    "DPM++ 2S a",
    "DPM++ 3M SDE",
    "Euler a",
    "Euler",
    "LMS",
    "Heun",
    "DPM2",
    "DPM2 a",
    "DDIM",
    "PLMS",
    "UniPC",
    "DEIS",
    "LCM",
]
ScheduleType = Literal[
    "Automatic",
    "Uniform",
    "Karras",
    "Exponential",
    "Polyexponential",
    "SGM Uniform",
    "KL Optimal",
    "Simple",
    "Normal",
    "DDIM",
    "Beta",
]
SAMPLERS: tuple[Sampler, ...] = get_args(Sampler)
SCHEDULE_TYPES: tuple[ScheduleType, ...] = get_args(ScheduleType)

_AUTOMATIC: Mapping[Sampler, ScheduleType] = {
    "DPM++ 2M": "Karras",
    "DPM++ SDE": "Karras",
    "DPM++ 2M SDE": "Exponential",
    "DPM++ 2M SDE Heun": "Exponential",
    "DPM++ 2S a": "Karras",
    "DPM++ 3M SDE": "Exponential",
    "DPM2": "Karras",
    "DPM2 a": "Karras",
    "DDIM": "DDIM",
    "PLMS": "DDIM",
    "UniPC": "DDIM",
}
_SHORT_NAMES: Mapping[str, Sampler] = {
    "k_dpmpp_2m": "DPM++ 2M",
    "k_dpmpp_sde": "DPM++ SDE",
    "k_dpmpp_2m_sde": "DPM++ 2M SDE",
    "k_dpmpp_2m_sde_heun": "DPM++ 2M SDE Heun",
    "k_dpmpp_2s_a": "DPM++ 2S a",
    "k_dpmpp_3m_sde": "DPM++ 3M SDE",
    "k_euler_a": "Euler a",
    "k_euler_ancestral": "Euler a",
    "k_euler": "Euler",
    "k_lms": "LMS",
    "k_heun": "Heun",
    "k_dpm_2": "DPM2",
    "k_dpm_2_a": "DPM2 a",
    "k_lcm": "LCM",
}
_SPELT: Mapping[str, Sampler] = {name.lower(): name for name in SAMPLERS} | _SHORT_NAMES
_SCHEDULES_SPELT: Mapping[str, ScheduleType] = {
    spelling: name for name in SCHEDULE_TYPES for spelling in (name.lower(), name.lower().replace(" ", "_"))
}


class Choice(NamedTuple):
    """A sampler, with the schedule type where its name brings one, as "DPM++ 2M Karras" does."""

    sampler: Sampler
    schedule: ScheduleType | None


def choice(name: str) -> Choice:
    """What a sampler's name, an alias or an old name with its schedule type stands for.

    Raises ValueError, which names the nearest samplers.
    """
    spelt = name.lower()
    if spelt in _SPELT:
        return Choice(_SPELT[spelt], None)
    for schedule in SCHEDULE_TYPES:
        sampler = _SPELT.get(spelt.removesuffix(schedule.lower()).rstrip(" _"))
        if spelt.endswith(schedule.lower()) and sampler:
            return Choice(sampler, schedule)
    raise ValueError(f"There is no sampler {name[:100]!r}.{did_you_mean(name, SAMPLERS)} GET /capabilities lists them.")


def automatic(sampler: Sampler) -> ScheduleType:
    """The schedule type that "Automatic" is with this sampler."""
    return _AUTOMATIC.get(sampler, "Uniform")


def _schedule(name: object) -> object:
    """None and an empty text are what the WebUI's clients send for "Automatic"."""
    if not name or not isinstance(name, str):
        return name or "Automatic"
    if name.lower() in _SCHEDULES_SPELT:
        return _SCHEDULES_SPELT[name.lower()]
    near = did_you_mean(name, SCHEDULE_TYPES)
    raise ValueError(f"There is no schedule type {name[:100]!r}.{near} GET /capabilities lists them.")


SpeltScheduleType = Annotated[ScheduleType, BeforeValidator(_schedule)]
