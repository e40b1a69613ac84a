"""Samplers that look at one step alone: Euler, Heun, DPM2 and their ancestral kin, both DDIMs, LCM and Restart."""

from collections.abc import Sequence
from itertools import pairwise
from math import inf, sqrt

from torch import Tensor

from container.sampling.run import Run, midpoint, slope, split, toward
from container.sampling.schedules import karras


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
        x = _corrected(run, x, x0, churned, following)
        run.on_step(index, x0)
    return x


def restart(run: Run, x: Tensor) -> Tensor:
    """Heun's steps, with noise put back in at a low level and taken out again: Xu et al. 2023, "Restart Sampling"."""
    reached = inf
    for index, (sigma, following) in enumerate(_with_restarts(run.sigmas)):
        if sigma > reached:
            x = x + run.fresh(x) * sqrt(sigma**2 - reached**2)
        x0 = run.denoise(x, sigma)
        x = _corrected(run, x, x0, sigma, following)
        reached = following
        run.on_step(index, x0)
    return x


def dpm2(run: Run, x: Tensor) -> Tensor:
    """DPM-Solver-2 (Lu et al. 2022) with the churn of Karras et al. 2022."""
    for index, sigma, following in run.steps():
        x, churned = _churned(run, x, sigma)
        x0 = run.denoise(x, churned)
        x = midpoint(run, x, x0, churned, following)
        run.on_step(index, x0)
    return x


def dpm2_ancestral(run: Run, x: Tensor) -> Tensor:
    """DPM-Solver-2 (Lu et al. 2022) down past each level, and fresh noise back up to it."""
    for index, sigma, following in run.steps():
        x0 = run.denoise(x, sigma)
        down, up = split(sigma, following, run.eta)
        x = midpoint(run, x, x0, sigma, down)
        if following:
            x = x + run.fresh(x) * (up * run.options.s_noise)
        run.on_step(index, x0)
    return x


def euler_ancestral(run: Run, x: Tensor) -> Tensor:
    """Euler's step down past each level, and fresh noise back up to it: DDPM's variance (Ho et al. 2020) for eta 1.

    In this scale it is DDIM too (Song et al. 2021, equation 12). The WebUI applies `s_noise` to neither.
    """
    for index, sigma, following in run.steps():
        x0 = run.denoise(x, sigma)
        down, up = split(sigma, following, run.eta)
        x = toward(x, x0, sigma, down)
        if following:
            x = x + run.fresh(x) * up
        run.on_step(index, x0)
    return x


def ddim_cfgpp(run: Run, x: Tensor) -> Tensor:
    """CFG++ (Chung et al. 2024): DDIM that continues with the noise that the model sees without its prompt."""
    for index, sigma, following in run.steps():
        x0 = run.denoise(x, sigma)
        down, up = split(sigma, following, run.eta)
        x = x0 + (run.unguided() if run.unguided else slope(x, x0, sigma)) * down
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
    """x with some noise added, and the level that it is then at."""
    options = run.options
    if not options.s_churn:
        return x, sigma
    fresh = run.fresh(x)  # drawn outside the bounds too, as in the WebUI: later steps' noise depends on it
    inside = options.s_tmin <= sigma <= options.s_tmax
    churned = sigma * (1 + inside * min(options.s_churn / (len(run.sigmas) - 1), sqrt(2) - 1))
    return x + fresh * (options.s_noise * sqrt(churned**2 - sigma**2)), churned


def _corrected(run: Run, x: Tensor, x0: Tensor, sigma: float, to: float) -> Tensor:
    """x at the level `to`, by the mean of the slopes at both ends."""
    there = toward(x, x0, sigma, to)
    if not to:
        return there
    after = slope(there, run.denoise(there, to), to)
    return x + (slope(x, x0, sigma) + after) / 2 * (to - sigma)


def _with_restarts(levels: Sequence[float]) -> list[tuple[float, float]]:
    """The levels of each step, as many steps as before: the WebUI's figures, which restart from 20 steps on."""
    steps = len(levels) - 1
    if steps < 20:
        return [*pairwise(levels)]
    again, times = (steps // 4, 2) if steps >= 36 else (9, 1)
    fewer = [*karras(steps - again * times, levels[0], levels[-2]).tolist(), 0.0]
    low, high = (min(range(len(fewer)), key=lambda place: abs(fewer[place] - level)) for level in (0.1, 2))
    repeated = [*pairwise(karras(again + 1, fewer[high], fewer[low]).tolist())] if high < low else []
    whole = [*pairwise(fewer)]
    return [*whole[:low], *repeated * times, *whole[low:]]
