"""Samplers that draw on earlier steps, without noise: DPM++ 2M, LMS, DEIS and PLMS."""

from collections.abc import Callable, Sequence
from math import log

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from container.sampling.run import Run, slope, toward

Coordinate = Callable[[NDArray[np.float64]], NDArray[np.float64]]

_POINTS, _POINT_WEIGHTS = np.polynomial.legendre.leggauss(16)
# Adams-Bashforth weights of one to four slopes, the newest first.
_ADAMS_BASHFORTH = ((1.0,), (3 / 2, -1 / 2), (23 / 12, -16 / 12, 5 / 12), (55 / 24, -59 / 24, 37 / 24, -9 / 24))


def dpmpp_2m(run: Run, x: Tensor) -> Tensor:
    """DPM-Solver++(2M): Lu et al. 2022b, algorithm 2; the step to 0 is of first order."""
    before: tuple[float, Tensor] | None = None
    for index, sigma, following in run.steps():
        x0 = run.denoise(x, sigma)
        expected = x0
        if before and following:
            earlier, x0_then = before
            expected = x0 + (x0 - x0_then) * (log(sigma / following) / log(earlier / sigma) / 2)
        x = toward(x, expected, sigma, following)
        before = sigma, x0
        run.on_step(index, x0)
    return x


def lms(run: Run, x: Tensor) -> Tensor:
    """Linear multistep of up to four slopes: the polynomial in sigma through them is integrated over the step."""
    return _adams_bashforth(run, x, order=4, order_to_zero=4, coordinate=lambda sigmas: sigmas)


def deis(run: Run, x: Tensor) -> Tensor:
    """DEIS of third order: Zhang & Chen 2022, with polynomials in log rho (their rho is our sigma).

    The WebUI has no sampler of this name. The logarithm has no value at 0, so the step there is of first order.
    """
    return _adams_bashforth(run, x, order=3, order_to_zero=1, coordinate=np.log)


def plms(run: Run, x: Tensor) -> Tensor:
    """Liu et al. 2022 (PNDM), whose first step is Heun's; the model's noise is the slope in this scale."""
    slopes: list[Tensor] = []
    for index, sigma, following in run.steps():
        x0 = run.denoise(x, sigma)
        slopes = [slope(x, x0, sigma), *slopes[:3]]
        expected = _weighted(slopes, _ADAMS_BASHFORTH[len(slopes) - 1])
        if index == 0 and following:
            there = toward(x, x0, sigma, following)
            expected = (slopes[0] + slope(there, run.denoise(there, following), following)) / 2
        x = x + expected * (following - sigma)
        run.on_step(index, x0)
    return x


def _adams_bashforth(run: Run, x: Tensor, order: int, order_to_zero: int, coordinate: Coordinate) -> Tensor:
    levels: list[float] = []
    slopes: list[Tensor] = []
    for index, sigma, following in run.steps():
        x0 = run.denoise(x, sigma)
        kept = (order if following else order_to_zero) - 1
        levels, slopes = [sigma, *levels[:kept]], [slope(x, x0, sigma), *slopes[:kept]]
        x = x + _weighted(slopes, _integrals(levels, following, coordinate))
        run.on_step(index, x0)
    return x


def _integrals(levels: Sequence[float], end: float, coordinate: Coordinate) -> list[float]:
    """From the first level to the end, the integral of each polynomial that is 1 at one level and 0 at the others.

    By Gauss-Legendre quadrature, which is exact for polynomials in sigma itself.
    """
    half = (end - levels[0]) / 2
    points, known = coordinate(levels[0] + half * (1 + _POINTS)), coordinate(np.array(levels))
    integrals = []
    for at, one in enumerate(known):
        others = np.delete(known, at)[:, None]
        polynomial = ((points - others) / (one - others)).prod(axis=0)
        integrals.append(half * float(_POINT_WEIGHTS @ polynomial))
    return integrals


def _weighted(tensors: Sequence[Tensor], weights: Sequence[float]) -> Tensor:
    first, *others = (tensor * weight for tensor, weight in zip(tensors, weights, strict=True))
    return sum(others, start=first)
