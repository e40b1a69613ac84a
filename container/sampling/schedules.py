"""The noise levels that a run passes through: the WebUI v1.10's schedule types."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from shared.samplers import Sampler, ScheduleType, automatic

Floats = NDArray[np.float64]
TIMES = 1000  # how many noise levels Stable Diffusion is trained on

_DISCARDING: frozenset[Sampler] = frozenset({"DPM2", "DPM2 a", "DPM++ 3M SDE"})
_RHO = 7  # Karras et al. 2022, table 1
_BETA = 0.6  # both shapes of the Beta distribution: Lee et al. 2024, "Beta Sampling is All You Need"
# Sabour et al. 2024, "Align Your Steps": research.nvidia.com/labs/toronto-ai/AlignYourSteps/howto.html
_ALIGNED = (14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029)
_ALIGNED_XL = (14.615, 6.315, 3.771, 2.181, 1.342, 0.862, 0.555, 0.380, 0.234, 0.113, 0.029)
_LCM_STRIDE = 20  # an LCM is distilled to 50 of the 1000 levels: Luo et al. 2023


@dataclass(frozen=True)
class NoiseSchedule:
    """The noise levels that a model knows, ascending, and the timestep of each.

    `only` means that the model knows none between them, `xl` that it is Stable Diffusion XL.
    """

    levels: Floats
    times: Floats
    only: bool = False
    xl: bool = False

    @classmethod
    def from_alphas_cumprod(cls, alphas_cumprod: Tensor, xl: bool = False) -> Self:
        """From a model's `alphas_cumprod`, the picture's share of the variance at each timestep, falling."""
        kept = alphas_cumprod.double().cpu().numpy()
        return cls(np.sqrt((1 - kept) / kept), np.arange(len(kept), dtype=np.float64), xl=xl)

    def known_to(self, sampler: Sampler) -> "NoiseSchedule":
        """The levels for this sampler: LCM, whose models are distilled, keeps to every twentieth."""
        if sampler != "LCM":
            return self
        kept = slice(_LCM_STRIDE - 1, None, _LCM_STRIDE)
        return NoiseSchedule(self.levels[kept], self.times[kept], only=True, xl=self.xl)

    @property
    def sigmas(self) -> Tensor:
        return torch.from_numpy(self.levels).float()

    def time(self, sigma: float) -> float:
        """The timestep to call a model with, from 0 to 999, at this noise level."""
        if self.only:
            return float(self.times[np.abs(np.log(self.levels / sigma)).argmin()])
        return float(np.interp(np.log(sigma), np.log(self.levels), self.times))

    def sigma(self, time: float) -> float:
        """The noise level at a timestep, which may lie between two."""
        return float(self.at(np.array(time)))

    def at(self, times: Floats) -> Floats:
        """The noise levels at these timesteps, interpolated in the logarithm."""
        return np.exp(np.interp(times, self.times, np.log(self.levels)))


def sigmas(schedule: ScheduleType, steps: int, noise_schedule: NoiseSchedule, sampler: Sampler) -> Tensor:
    """The levels that `steps` steps lead from and to, descending: `steps` + 1 of them, the last 0.

    Two types differ from that, as in the WebUI: "KL Optimal" ends at the lowest level instead, and "DDIM" has some more
    steps if their number does not divide 1000.
    """
    chosen = automatic(sampler) if schedule == "Automatic" else schedule
    discarding = sampler in _DISCARDING
    levels = _SCHEDULES[chosen](steps + discarding, noise_schedule)
    if chosen != "KL Optimal":
        levels = np.append(levels, 0)
    return torch.from_numpy(np.delete(levels, -2) if discarding else levels).float()


def _uniform(steps: int, noise: NoiseSchedule) -> Floats:
    return noise.at(np.linspace(noise.times[-1], noise.times[0], steps))


def _sgm_uniform(steps: int, noise: NoiseSchedule) -> Floats:
    return _uniform(steps + 1, noise)[:-1]


def karras(steps: int, highest: float, lowest: float) -> Floats:
    """Karras et al. 2022, equation 5, without the 0."""
    return np.asarray(np.linspace(highest ** (1 / _RHO), lowest ** (1 / _RHO), steps) ** _RHO)


def _karras(steps: int, noise: NoiseSchedule) -> Floats:
    return karras(steps, float(noise.levels[-1]), float(noise.levels[0]))


def _exponential(steps: int, noise: NoiseSchedule) -> Floats:
    return np.geomspace(noise.levels[-1], noise.levels[0], steps)


def _kl_optimal(steps: int, noise: NoiseSchedule) -> Floats:
    """Sabour et al. 2024, "Align Your Steps"."""
    angles = np.arctan(noise.levels)
    return np.asarray(np.tan(np.linspace(angles[-1], angles[0], steps + 1)))


def _align_your_steps(steps: int, noise: NoiseSchedule) -> Floats:
    """Sabour et al. 2024: what they found best for ten steps, interpolated in the logarithm for other numbers.

    The figures do not depend on what the model knows. 2.x uses those of 1.x, as in the WebUI.
    """
    logarithms = np.log(_ALIGNED_XL if noise.xl else _ALIGNED)
    places = np.linspace(0, 1, len(logarithms))
    return np.exp(np.interp(np.linspace(0, 1, steps), places, logarithms[::-1]))[::-1]


def _simple(steps: int, noise: NoiseSchedule) -> Floats:
    known = len(noise.levels)
    return noise.levels[[-1 - int(step * (known / steps)) for step in range(steps)]]


def _ddim(steps: int, noise: NoiseSchedule) -> Floats:
    return noise.levels[1 :: max(len(noise.levels) // steps, 1)][::-1]


def _beta(steps: int, noise: NoiseSchedule) -> Floats:
    lowest, highest = float(noise.levels[0]), float(noise.levels[-1])
    return lowest + (highest - lowest) * _beta_quantiles(np.linspace(1, 0, steps))


def _beta_quantiles(shares: Floats) -> Floats:
    """The quantiles of the Beta(0.6, 0.6) distribution at these shares, within 1e-6."""
    upper = shares > 0.5  # it is symmetric
    share, value = _lower_half_of_beta()
    found = np.interp(np.where(upper, 1 - shares, shares), share, value) ** (1 / _BETA)
    return np.where(upper, 1 - found, found)


@cache
def _lower_half_of_beta() -> tuple[Floats, Floats]:
    """Shares up to a half, and their quantiles to the power 0.6, in which the density has no pole at 0."""
    edges = np.linspace(0, 0.5**_BETA, 4097)
    middles = (edges[1:] + edges[:-1]) / 2
    shares = np.append(0, np.cumsum((1 - middles ** (1 / _BETA)) ** (_BETA - 1)))
    return shares / shares[-1] / 2, edges


_SCHEDULES: Mapping[ScheduleType, Callable[[int, NoiseSchedule], Floats]] = {
    "Uniform": _uniform,
    "Karras": _karras,
    "Exponential": _exponential,
    "Polyexponential": _exponential,  # the same, by the WebUI's rho of 1
    "SGM Uniform": _sgm_uniform,
    "KL Optimal": _kl_optimal,
    "Align Your Steps": _align_your_steps,
    "Simple": _simple,
    "Normal": _uniform,
    "DDIM": _ddim,
    "Beta": _beta,
}
