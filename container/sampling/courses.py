"""Where a run of a sampler begins and which noise levels it passes, for txt2img, img2img and a hires fix.

Both DDIMs, PLMS and UniPC are exceptions, as in the WebUI: they keep to timesteps of their own whatever the schedule
type, and work in variance-preserving scale, in which a latent at the level sigma is 1 / sqrt(1 + sigma²) of what it is
here. DPM fast and DPM adaptive choose the levels between the first and the last of a course themselves.
"""

from dataclasses import dataclass
from math import hypot

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from container.sampling.schedules import TIMES, Floats, NoiseSchedule, sigmas
from shared.samplers import OWN_LEVELS, OWN_TIMESTEPS, Sampler, ScheduleType

_WHOLE = 0.999  # what a strength of 1 counts as in the WebUI


@dataclass(frozen=True)
class Course:
    """A run's steps, and what it begins with.

    `sigmas`, strictly descending, are one more than the steps; the first latent is `latent_scale` times the picture's,
    if there is one, plus `noise_scale` times the noise. `counted` is the number of steps as the WebUI counts them:
    those that were asked for, of which both DDIMs and PLMS run fewer.
    """

    sigmas: Tensor
    counted: int
    noise_scale: float
    latent_scale: float = 1.0
    highest: float | None = None  # of the whole schedule, if `sigmas` are its end

    @property
    def steps(self) -> int:
        return len(self.sigmas) - 1

    def begin(self, noise: Tensor, latent: Tensor | None = None) -> Tensor:
        """The x to sample from: noise of variance 1, over a picture's latent if one is given."""
        noised = noise * self.noise_scale
        return noised if latent is None else noised + latent * self.latent_scale


def txt2img(schedule: ScheduleType, steps: int, noise_schedule: NoiseSchedule, sampler: Sampler) -> Course:
    """The course from pure noise."""
    if sampler in OWN_TIMESTEPS:
        times = _own_timesteps(steps)
        passed = noise_schedule.at(_uniform_times(TIMES - 1, len(times)) if sampler == "UniPC" else times)
        return Course(_descending(passed), steps, noise_scale=hypot(1, passed[0]))
    levels = sigmas(schedule, steps, noise_schedule, sampler).numpy()
    lowest, *_, highest = noise_schedule.levels.tolist()
    down = _even(highest, lowest, steps) if sampler in OWN_LEVELS else _descending(levels)
    return Course(down, steps, noise_scale=float(levels[0]))


def img2img(
    schedule: ScheduleType, steps: int, strength: float, noise_schedule: NoiseSchedule, sampler: Sampler
) -> Course:
    """The course from a noised picture: `strength` (0 to 1) times `steps`, and one step more."""
    return _tail(schedule, steps, int(min(strength, _WHOLE) * steps), noise_schedule, sampler)


def hires(
    schedule: ScheduleType, steps: int, strength: float, noise_schedule: NoiseSchedule, sampler: Sampler
) -> Course:
    """The second pass of a hires fix, in all of its `steps`: the end of a schedule of `steps` / `strength`."""
    if strength == 0:
        return img2img(schedule, steps, 0, noise_schedule, sampler)
    return _tail(schedule, int(steps / min(strength, _WHOLE)), steps - 1, noise_schedule, sampler)


def _tail(schedule: ScheduleType, steps: int, last: int, noise_schedule: NoiseSchedule, sampler: Sampler) -> Course:
    """The course over the end of a schedule of `steps`: the last `last` + 1 of them."""
    if sampler in OWN_TIMESTEPS:
        return _own_tail(_own_timesteps(steps), last, noise_schedule, sampler)
    levels = sigmas(schedule, steps, noise_schedule, sampler).numpy()
    passed = _descending(levels[min(steps - last - 1, len(levels) - 2) :])  # "DDIM" has fewer than very many steps
    if sampler in OWN_LEVELS and len(passed) > 2:
        # the WebUI leaves out the last, which is 0 except with "KL Optimal"
        return Course(_even(float(passed[0]), float(passed[-2]), len(passed) - 1), last + 1, float(passed[0]))
    return Course(passed, last + 1, noise_scale=float(passed[0]), highest=float(levels[0]))


def _own_tail(times: Floats, last: int, noise_schedule: NoiseSchedule, sampler: Sampler) -> Course:
    """The same if timesteps are the sampler's own: the WebUI noises a latent to the one before the first step's."""
    counted, last = last + 1, min(last, len(times) - 1)
    noised = noise_schedule.sigma(times[-1 - last])
    passed = times[-last:] if last else times[-1:]
    levels = noise_schedule.at(_uniform_times(passed[0], last) if sampler == "UniPC" else passed)
    latent_scale = hypot(1, levels[0]) / hypot(1, noised)
    return Course(_descending(levels), counted, latent_scale * noised, latent_scale)


def _own_timesteps(steps: int) -> Floats:
    """DDIM's timesteps: some more than `steps` if that does not divide 1000."""
    times = np.arange(1, TIMES + 1, max(TIMES // steps, 1), dtype=np.float64)
    return np.minimum(times, TIMES - 1)[::-1]


def _uniform_times(first: float, steps: int) -> Floats:
    return np.linspace(first, 0, steps + 1)


def _even(first: float, last: float, steps: int) -> Tensor:
    return _descending(np.geomspace(first, last, steps + 1))


def _descending(levels: NDArray[np.floating]) -> Tensor:
    """Without the repetitions that some schedule types have for very many steps."""
    return torch.from_numpy(np.unique(levels.astype(np.float32))[::-1].copy())
