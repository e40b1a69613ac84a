"""Samplers that look at one step alone: Euler, Heun, DPM2 and their ancestral kin, DDIM and LCM."""

from math import sqrt

from torch import Tensor

from container.sampling.run import Run, slope, split, toward


def euler(run: Run, x: Tensor) -> Tensor:
    """Karras et al. 2022, algorithm 2 without its correction."""
    for index, sigma, following in run.steps():
        x, churned = _churned(run, x, sigma)
        x0 = run.denoise(x, churned)
        x = toward(x, x0, churned, following)
        run.on_step(index, x0)
    return x


def heun(run: Run, x: Tensor) -> Tensor:
    """Karras et al. 2022, algorithm 2."""
    for index, sigma, following in run.steps():
        x, churned = _churned(run, x, sigma)
        x0 = run.denoise(x, churned)
        there = toward(x, x0, churned, following)
        if following:
            after = slope(there, run.denoise(there, following), following)
            there = x + (slope(x, x0, churned) + after) / 2 * (following - churned)
        x = there
        run.on_step(index, x0)
    return x


def dpm2(run: Run, x: Tensor) -> Tensor:
    """DPM-Solver-2 (Lu et al. 2022) with the churn of Karras et al. 2022."""
    for index, sigma, following in run.steps():
        x, churned = _churned(run, x, sigma)
        x0 = run.denoise(x, churned)
        x = _midpoint(run, x, x0, churned, following)
        run.on_step(index, x0)
    return x


def dpm2_ancestral(run: Run, x: Tensor) -> Tensor:
    """DPM-Solver-2 (Lu et al. 2022) down past each level, and fresh noise back up to it."""
    for index, sigma, following in run.steps():
        x0 = run.denoise(x, sigma)
        down, up = split(sigma, following, run.eta)
        x = _midpoint(run, x, x0, sigma, down)
        if following:
            x = x + run.fresh(x) * (up * run.options.s_noise)
        run.on_step(index, x0)
    return x


def euler_ancestral(run: Run, x: Tensor) -> Tensor:
    """Euler's step down past each level, and fresh noise back up to it: DDPM's variance (Ho et al. 2020) for eta 1.

    In this scale it is DDIM too (Song et al. 2021, equation 12). The WebUI gives neither its `s_noise`.
    """
    for index, sigma, following in run.steps():
        x0 = run.denoise(x, sigma)
        down, up = split(sigma, following, run.eta)
        x = toward(x, x0, sigma, down)
        if following:
            x = x + run.fresh(x) * up
        run.on_step(index, x0)
    return x


def lcm(run: Run, x: Tensor) -> Tensor:
    """Luo et al. 2023: the model leads to x0 at once, and fresh noise from there to the next level."""
    for index, sigma, following in run.steps():
        x0 = run.denoise(x, sigma)
        x = x0 + run.fresh(x) * following if following else x0
        run.on_step(index, x0)
    return x


def _churned(run: Run, x: Tensor, sigma: float) -> tuple[Tensor, float]:
    """x with some noise more, and the level that it is at then."""
    options = run.options
    if not options.s_churn:
        return x, sigma
    fresh = run.fresh(x)  # drawn outside the bounds too, as in the WebUI: later steps' noise depends on it
    inside = options.s_tmin <= sigma <= options.s_tmax
    churned = sigma * (1 + inside * min(options.s_churn / (len(run.sigmas) - 1), sqrt(2) - 1))
    return x + fresh * (options.s_noise * sqrt(churned**2 - sigma**2)), churned


def _midpoint(run: Run, x: Tensor, x0: Tensor, sigma: float, to: float) -> Tensor:
    """x at the level `to`, by the slope at the middle of the way in log sigma."""
    if not to:
        return x0
    middle = sqrt(sigma * to)
    halfway = toward(x, x0, sigma, middle)
    return x + slope(halfway, run.denoise(halfway, middle), middle) * (to - sigma)
