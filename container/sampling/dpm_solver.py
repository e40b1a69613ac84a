"""DPM-Solver (Lu et al. 2022) in steps of up to three calls of the model: DPM fast and DPM adaptive.

Both choose their own levels between the first and the last that they are given. The ancestral noise, which the paper
does not have, and the step control's constants are k-diffusion's.
"""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from math import atan, exp, log, sqrt

import numpy as np
import torch
from torch import Tensor

from container.sampling.run import Run, midpoint, slope, split, toward

_RELATIVE, _ABSOLUTE = 0.05, 0.0078  # an adaptive step's tolerance: a share of x, and the least
_FIRST_WIDTH = 0.05  # in log sigma
_LEAST_CHANGE = 0.81  # of a step's width; a step that should have been narrower than that is taken again
_NO_ERROR = 1e-8  # added, so that equal solutions do not divide by 0


def dpm_fast(run: Run, x: Tensor) -> Tensor:
    """DPM-Solver-fast: even steps in log sigma, which together call the model once for each step of `run`."""
    if not run.sigmas[-1]:
        return _at_once(run, x)
    orders = _orders(len(run.sigmas) - 1)
    levels: list[float] = np.geomspace(run.sigmas[0], run.sigmas[-1], len(orders) + 1).tolist()
    for order, called, (sigma, following) in zip(orders, accumulate(orders), pairwise(levels), strict=True):
        x0 = run.denoise(x, sigma)
        down, up = _split(run, sigma, following)
        x = _solved(run, x, x0, sigma, down, order)
        if up:
            x = x + run.fresh(x) * (up * run.options.s_noise)
        run.on_step(called - 1, x0)
    return x


def dpm_adaptive(run: Run, x: Tensor) -> Tensor:
    """DPM-Solver-23: the difference between solutions of second and third order, over the whole batch, sets the width.

    `on_step` gets the share of the way that is done, in steps of `run` and at least one, however many attempts it took.
    The WebUI does not scale its noise by `s_noise`.
    """
    if not run.sigmas[-1]:
        return _at_once(run, x)
    first, last, steps = run.sigmas[0], run.sigmas[-1], len(run.sigmas) - 1
    sigma, width, before = first, _FIRST_WIDTH, x
    while sigma > last:
        following = max(last, sigma * exp(-width))
        x0 = run.denoise(x, sigma)
        down, up = _split(run, sigma, following)
        solved, lower = _third_order(run, x, x0, sigma, down)
        change = _change_of_width(_error(solved, lower, before), order=1.5 if run.eta else 3)
        width *= change
        if not change < _LEAST_CHANGE:  # NaN is accepted, too, so that the loop ends
            x, before, sigma = solved, lower, following
            if up:
                x = x + run.fresh(x) * up
        share = log(first / sigma) / log(first / last)
        run.on_step(max(int(steps * share) - 1, 0), x0)
    return x


def _at_once(run: Run, x: Tensor) -> Tensor:
    """A single step to 0, which has no logarithm; the WebUI fails with an error here."""
    x0 = run.denoise(x, run.sigmas[0])
    run.on_step(0, x0)
    return x0


def _orders(calls: int) -> Sequence[int]:
    """The order of each step, which is also how often it calls the model; the last steps have lower ones."""
    whole, rest = divmod(calls, 3)
    return [3] * whole + [rest] if rest else [3] * (whole - 1) + [2, 1]


def _split(run: Run, sigma: float, following: float) -> tuple[float, float]:
    """As in any ancestral step, but never down past the last level of the run."""
    down = max(split(sigma, following, run.eta)[0], run.sigmas[-1])
    return down, sqrt(following**2 - down**2)


def _solved(run: Run, x: Tensor, x0: Tensor, sigma: float, to: float, order: int) -> Tensor:
    match order:
        case 1:
            return toward(x, x0, sigma, to)
        case 2:
            return midpoint(run, x, x0, sigma, to)
    return _third_order(run, x, x0, sigma, to)[0]


def _third_order(run: Run, x: Tensor, x0: Tensor, sigma: float, to: float) -> tuple[Tensor, Tensor]:
    """x at the level `to` by DPM-Solver-3, and by DPM-Solver-2 with the same first two calls (r1 of a third)."""
    first, width = slope(x, x0, sigma), log(sigma / to)
    third, two_thirds = (sigma * (to / sigma) ** share for share in (1 / 3, 2 / 3))
    change = _slope_at(run, toward(x, x0, sigma, third), third) - first
    lower = x + (first + change * (3 / 2)) * (to - sigma)
    there = _bent(x, first, change / (width / 3), sigma, two_thirds)
    change = _slope_at(run, there, two_thirds) - first
    return _bent(x, first, change / (width * 2 / 3), sigma, to), lower


def _slope_at(run: Run, x: Tensor, sigma: float) -> Tensor:
    return slope(x, run.denoise(x, sigma), sigma)


def _bent(x: Tensor, first: Tensor, bend: Tensor, sigma: float, to: float) -> Tensor:
    """x at the level `to`, by the exact integral of a slope that starts at `first` and is linear in log sigma."""
    return x + first * (to - sigma) + bend * (to - sigma + to * log(sigma / to))


def _error(solved: Tensor, lower: Tensor, before: Tensor) -> float:
    """Relative to the tolerance; `before` is the lower solution of the step before."""
    allowed = (torch.maximum(lower.abs(), before.abs()) * _RELATIVE).clamp(min=_ABSOLUTE)
    error: float = ((solved - lower) / allowed).square().mean().sqrt().item()
    return error


def _change_of_width(error: float, order: float) -> float:
    """The factor from one step's width to the next: towards an error of 1, if errors grow with width to this power."""
    return 1 + atan((error + _NO_ERROR) ** (-1 / order) - 1)
