"""What every sampler is given, and the moves that several of them make."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import inf, sqrt

from torch import Tensor

from container.sampling.brownian import BrownianPaths
from container.sampling.noise import Noise

Denoise = Callable[[Tensor, float], Tensor]
Unguided = Callable[[], Tensor]  # the noise that the model saw without its prompt in its last call
OnStep = Callable[[int, Tensor], None]


@dataclass(frozen=True)
class Options:
    """The WebUI's sampler parameters. `eta` None is each sampler's own: 0 for DDIM, 1 for the others that add noise.

    Euler, Heun and DPM2 alone churn (`s_churn` from `s_tmin` to `s_tmax`); `s_noise` scales the noise of these, of
    DPM2 a, of DPM fast and of the DPM++ that add noise.
    """

    eta: float | None = None
    s_churn: float = 0.0
    s_tmin: float = 0.0
    s_tmax: float = inf
    s_noise: float = 1.0


@dataclass(frozen=True)
class Run:
    """One batch under way: `denoise` gives the x0 that the model sees in x at a noise level.

    `highest` is the noisiest level of the whole schedule, of which a run may take only the end.
    """

    denoise: Denoise
    sigmas: Sequence[float]
    noise: Noise
    options: Options
    eta: float
    on_step: OnStep
    highest: float
    unguided: Unguided | None = None

    def steps(self) -> Iterator[tuple[int, float, float]]:
        """Each step's index, and the noise levels that it leads from and to."""
        for index, (sigma, following) in enumerate(pairwise(self.sigmas)):
            yield index, sigma, following

    def fresh(self, x: Tensor) -> Tensor:
        """Noise of variance 1, on the device of x."""
        return self.noise.next().to(x.device)

    def brownian(self, x: Tensor, sigma: float, following: float) -> Tensor:
        """Noise of variance 1 that leads from one level to another: what two steps add is what one over both would."""
        return self._paths.noise(sigma, following).to(x.device)

    @cached_property
    def _paths(self) -> BrownianPaths:
        return self.noise.paths(min(filter(None, self.sigmas)), self.highest)


def toward(x: Tensor, x0: Tensor, sigma: float, to: float) -> Tensor:
    """x at the level `to` if the model keeps to this x0: Euler's step, and DPM-Solver++'s first order too."""
    return x0 + (x - x0) * (to / sigma)


def slope(x: Tensor, x0: Tensor, sigma: float) -> Tensor:
    """dx/dsigma, which is also the noise that the model sees in x."""
    return (x - x0) / sigma


def split(sigma: float, following: float, eta: float) -> tuple[float, float]:
    """The level to step down to, and how much fresh noise leads from it up to `following`, in an ancestral step."""
    up = min(following, eta * following * sqrt(sigma**2 - following**2) / sigma)
    return sqrt(following**2 - up**2), up


def midpoint(run: Run, x: Tensor, x0: Tensor, sigma: float, to: float) -> Tensor:
    """x at the level `to`, by the slope at the middle of the way in log sigma."""
    if not to:
        return x0
    middle = sqrt(sigma * to)
    halfway = toward(x, x0, sigma, middle)
    return x + slope(halfway, run.denoise(halfway, middle), middle) * (to - sigma)
