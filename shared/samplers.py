"""The WebUI's samplers and schedule types, by its names; what they were called before is understood too.

Names, aliases and what "Automatic" stands for are those of the WebUI v1.10.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, NamedTuple, get_args

from shared.suggestions import spelt

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
    "DPM fast",
    "DPM adaptive",
    "DDIM",
    "DDIM CFG++",
    "PLMS",
    "UniPC",
    "DEIS",
    "LCM",
    "Restart",
]
ScheduleType = Literal[
    "Automatic",
    "Uniform",
    "Karras",
    "Exponential",
    "Polyexponential",
    "SGM Uniform",
    "KL Optimal",
    "Align Your Steps",
    "Simple",
    "Normal",
    "DDIM",
    "Beta",
]
SAMPLERS: tuple[Sampler, ...] = get_args(Sampler)
SCHEDULE_TYPES: tuple[ScheduleType, ...] = get_args(ScheduleType)

# These go through timesteps of their own, evenly spaced, whatever the schedule type.
OWN_TIMESTEPS: frozenset[Sampler] = frozenset({"DDIM", "DDIM CFG++", "PLMS", "UniPC"})
# These choose the noise levels between the first and the last themselves; from pure noise, all of them.
OWN_LEVELS: frozenset[Sampler] = frozenset({"DPM fast", "DPM adaptive"})
# Those that take an eta, with their default.
ETAS: Mapping[Sampler, float] = {
    "DPM++ SDE": 1,
    "DPM++ 2M SDE": 1,
    "DPM++ 2M SDE Heun": 1,
    "DPM++ 2S a": 1,
    "DPM++ 3M SDE": 1,
    "Euler a": 1,
    "DPM2 a": 1,
    "DPM fast": 1,
    "DPM adaptive": 1,
    "DDIM": 0,
    "DDIM CFG++": 0,
}
ANCESTRAL: frozenset[Sampler] = frozenset({"DPM++ 2S a", "Euler a", "DPM2 a", "DPM fast", "DPM adaptive"})
CHURNING: frozenset[Sampler] = frozenset({"Euler", "Heun", "DPM2"})
# Those that heed `s_noise`. The WebUI does not scale the noise that the others add.
SCALING_NOISE = CHURNING | ETAS.keys() - {"Euler a", "DPM adaptive", "DDIM", "DDIM CFG++"}
_AUTOMATIC: Mapping[Sampler, ScheduleType] = {
    "DPM++ 2M": "Karras",
    "DPM++ SDE": "Karras",
    "DPM++ 2M SDE": "Exponential",
    "DPM++ 2M SDE Heun": "Exponential",
    "DPM++ 2S a": "Karras",
    "DPM++ 3M SDE": "Exponential",
    "DPM2": "Karras",
    "DPM2 a": "Karras",
    "Restart": "Karras",
    "DDIM": "DDIM",
    "DDIM CFG++": "DDIM",
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
    "k_dpm_fast": "DPM fast",
    "k_dpm_ad": "DPM adaptive",
    "k_lcm": "LCM",
    "ddim_cfgpp": "DDIM CFG++",
}
_SPELT: Mapping[str, Sampler] = {**{name.lower(): name for name in SAMPLERS}, **_SHORT_NAMES}
_SHORT_SCHEDULES: Mapping[str, ScheduleType] = {
    **{name.lower().replace(" ", "_"): name for name in SCHEDULE_TYPES},
    "sgmuniform": "SGM Uniform",
}
_SPELT_SCHEDULES: Mapping[str, ScheduleType] = {**{name.lower(): name for name in SCHEDULE_TYPES}, **_SHORT_SCHEDULES}

SpeltSampler = Annotated[Sampler, spelt("sampler", SAMPLERS, _SHORT_NAMES, otherwise="Euler")]
SpeltScheduleType = Annotated[
    ScheduleType, spelt("schedule type", SCHEDULE_TYPES, _SHORT_SCHEDULES, otherwise="Automatic")
]


class Choice(NamedTuple):
    """A sampler, with the schedule type if its name includes one, as "DPM++ 2M Exponential" does.

    The schedule type is "Automatic" if it is the one that the WebUI's "Automatic" stands for with this sampler.
    """

    sampler: str
    schedule: ScheduleType | None


def choice(name: str) -> Choice:
    """A sampler's name, taken apart if it is an old one that ends with a schedule type."""
    for spelling, schedule in _SPELT_SCHEDULES.items():
        sampler = name[: -len(spelling)].rstrip(" _")
        if name.lower().endswith(spelling) and sampler.lower() in _SPELT:
            usual = _AUTOMATIC.get(_SPELT[sampler.lower()]) == schedule
            return Choice(sampler, "Automatic" if usual else schedule)
    return Choice(name, None)


def is_sampler(name: str) -> bool:
    return name.lower() in _SPELT


def automatic(sampler: Sampler) -> ScheduleType:
    """The schedule type that "Automatic" stands for with this sampler."""
    return _AUTOMATIC.get(sampler, "Uniform")


def resolved(schedule: ScheduleType, sampler: Sampler) -> ScheduleType:
    """The schedule type by the name that an infotext gives it.

    "Automatic" keeps its name if the WebUI has no other for it: with samplers that take the model's own levels, evenly
    spaced, or that go through timesteps of their own.
    """
    if schedule == "Automatic" and sampler not in OWN_TIMESTEPS:
        return _AUTOMATIC.get(sampler, schedule)
    return schedule
