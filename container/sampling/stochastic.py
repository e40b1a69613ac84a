"""DPM-Solver++ (Lu et al. 2022b) with fresh noise: ancestral, or as a solver of the diffusion's SDE.

The SDE's noise is a Brownian path over sigma, so that what a step adds is the sum of what its parts add.
"""

from collections.abc import Sequence
from functools import partial
from math import expm1, log, sqrt

import torch
from torch import Tensor

from container.sampling.run import Run, split, toward


def dpmpp_2s_ancestral(run: Run, x: Tensor) -> Tensor:
    """DPM-Solver++(2S), algorithm 1 with its middle halfway in log sigma, down past each level, and noise back up."""
    for index, sigma, following in run.steps():
        x0 = seen = run.denoise(x, sigma)
        down, up = split(sigma, following, run.eta)
        if down:
            middle = sqrt(sigma * down)
            seen = run.denoise(toward(x, x0, sigma, middle), middle)
        x = toward(x, seen, sigma, down)
        if following:
            x = x + run.fresh(x) * (up * run.options.s_noise)
        run.on_step(index, x0)
    return x


def dpmpp_sde(run: Run, x: Tensor) -> Tensor:
    """The same solver for the SDE: both its moves follow one Brownian path."""
    for index, sigma, following in run.steps():
        x0 = run.denoise(x, sigma)
        x = _sde_step(run, x, x0, sigma, following) if following else x0
        run.on_step(index, x0)
    return x


def _sde_step(run: Run, x: Tensor, x0: Tensor, sigma: float, following: float) -> Tensor:
    middle = sqrt(sigma * following)
    down, up = split(sigma, middle, run.eta)
    halfway = toward(x, x0, sigma, down) + run.brownian(x, sigma, middle) * (up * run.options.s_noise)
    x0_there = run.denoise(halfway, middle)
    down, up = split(sigma, following, run.eta)
    return toward(x, x0_there, sigma, down) + run.brownian(x, sigma, following) * (up * run.options.s_noise)


def dpmpp_2m_sde(run: Run, x: Tensor, heun: bool = False) -> Tensor:
    """SDE-DPM-Solver++(2M), Lu et al. 2022b: the change of x0 is weighted as by the midpoint rule, or as by Heun's."""
    before: tuple[float, Tensor] | None = None  # the last step's width in log sigma, and its x0
    for index, sigma, following in run.steps():
        x0 = run.denoise(x, sigma)
        x = _first_order(run, x, x0, sigma, following)
        if following:
            width = log(sigma / following)
            damped = (1 + run.eta) * width
            if before:
                weight = 1 + expm1(-damped) / damped if heun else -expm1(-damped) / 2
                x = x + (x0 - before[1]) * (weight * width / before[0])
            before = width, x0
        run.on_step(index, x0)
    return x


dpmpp_2m_sde_heun = partial(dpmpp_2m_sde, heun=True)


def dpmpp_3m_sde(run: Run, x: Tensor) -> Tensor:
    """The same with the change of x0 over two steps. Crowson made it, and published no paper on it.

    Without noise it, too, is of second order: its curvature is half that of the parabola through the last three x0.
    """
    earlier: list[tuple[float, Tensor]] = []  # the newest first: a step's width in log sigma, and its x0
    for index, sigma, following in run.steps():
        x0 = run.denoise(x, sigma)
        x = _first_order(run, x, x0, sigma, following)
        if following:
            width = log(sigma / following)
            x = x + _later_orders(x0, width, (1 + run.eta) * width, earlier)
            earlier = [(width, x0), *earlier[:1]]
        run.on_step(index, x0)
    return x


def _later_orders(x0: Tensor, width: float, damped: float, earlier: Sequence[tuple[float, Tensor]]) -> Tensor:
    """What x0's change over earlier steps adds to a step; `damped` is its width with the SDE's own share."""
    if not earlier:
        return torch.zeros_like(x0)
    phi_2 = 1 + expm1(-damped) / damped
    (newer_width, newer), *others = earlier
    change = (x0 - newer) / newer_width
    if not others:
        return change * (phi_2 * width)
    [(older_width, older)] = others
    curvature = (change - (newer - older) / older_width) / (newer_width + older_width)
    phi_3 = phi_2 / damped - 1 / 2
    slanted: Tensor = change + curvature * newer_width
    return slanted * (phi_2 * width) - curvature * (phi_3 * width**2)


def _first_order(run: Run, x: Tensor, x0: Tensor, sigma: float, following: float) -> Tensor:
    """The SDE's solution if x0 stays: what is left of x's noise, and fresh noise up to the next level."""
    if not following:
        return x0
    ratio = following / sigma
    left = x0 + (x - x0) * float(ratio ** (1 + run.eta))
    if not run.eta:
        return left
    added = following * sqrt(1 - float(ratio ** (2 * run.eta)))
    return left + run.brownian(x, sigma, following) * (added * run.options.s_noise)
