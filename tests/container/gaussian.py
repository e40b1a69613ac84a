"""Data about which everything is known: numbers from a normal distribution, and the best denoiser for them."""

from math import hypot

import numpy as np
import torch
from torch import Tensor

from container.sampling.noise import Noise
from container.sampling.run import Options
from container.sampling.samplers import sample
from shared.samplers import OWN_TIMESTEPS, Sampler

MEAN, DEVIATION = 0.3, 1.0


def denoise(x: Tensor, sigma: float) -> Tensor:
    """The mean of what x may have been before noise of this level was added."""
    return MEAN + (x - MEAN) * (DEVIATION / hypot(DEVIATION, sigma)) ** 2


def solved(x: Tensor, sigma: float, to: float) -> Tensor:
    """Where the diffusion's ODE leads x, exactly."""
    return MEAN + (x - MEAN) * (hypot(DEVIATION, to) / hypot(DEVIATION, sigma))


def noised(pictures: int, sigma: float, side: int = 64) -> Tensor:
    drawn = torch.randn(pictures, 4, side, side, generator=torch.Generator().manual_seed(0))
    return MEAN + drawn * hypot(DEVIATION, sigma)


def levels(start: float, end: float, steps: int) -> Tensor:
    """Evenly spaced in log sigma."""
    return torch.from_numpy(np.geomspace(start, end, steps + 1))


def unheard(_step: int, _x0: Tensor) -> None:
    """An `on_step` for runs whose steps do not matter."""


def run(sampler: Sampler, x: Tensor, sigmas: Tensor, options: Options | None = None) -> Tensor:
    """What the sampler makes of x, in the scale of x."""
    noise = Noise(range(len(x)), (x.shape[1], x.shape[2], x.shape[3]))
    sampled = sample(sampler, denoise, x, sigmas, noise, options or Options(), unheard)
    return sampled * hypot(1, float(sigmas[-1])) if sampler in OWN_TIMESTEPS else sampled
