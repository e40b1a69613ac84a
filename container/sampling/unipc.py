"""UniPC: Zhao et al. 2023, as the WebUI sets it: B(h) of the first kind, order 3, lower orders at the end."""

from collections.abc import Sequence
from math import expm1, factorial, log

import numpy as np
from torch import Tensor

from container.sampling.run import Run, toward

_ORDER = 3

Known = Sequence[tuple[float, Tensor]]  # the newest last: a noise level, and the x0 that the model saw there


def unipc(run: Run, x: Tensor) -> Tensor:
    """Algorithms 1 and 2: what the model sees at a predicted x corrects the step to it; the last is not corrected."""
    predicted = x
    known: Known = []
    used: Known = []
    for index, sigma, following in run.steps():
        x0 = run.denoise(predicted, sigma)
        if used:
            x = _step(x, used, sigma, x0)
        known = [*known, (sigma, x0)][-_ORDER:]
        used = known[-(len(run.sigmas) - 1 - index) :]
        predicted = _step(x, used, following)
        run.on_step(index, x0)
    return predicted


def _step(x: Tensor, known: Known, to: float, x0_there: Tensor | None = None) -> Tensor:
    """x at the level `to`: predicted from what is known, or corrected by the x0 that the model sees there."""
    *earlier, (sigma, x0) = known
    solved = toward(x, x0, sigma, to)
    others = earlier if x0_there is None else [*earlier, (to, x0_there)]
    if not others:
        return solved
    width = log(sigma / to)
    places = [log(sigma / level) / width for level, _ in others]
    for (_, seen), place, weight in zip(others, places, _weights(places, width), strict=True):
        solved = solved + (seen - x0) * (width * weight / place)
    return solved


def _weights(places: Sequence[float], width: float) -> Sequence[float]:
    """Weights of x0s at these places, in step widths, with B(h) = h. One alone weighs a half, as in the paper."""
    if len(places) == 1:
        return [0.5]
    remainder, right = expm1(-width), []
    for order in range(1, len(places) + 1):
        remainder = -remainder / width - 1 / factorial(order)
        right.append(-remainder * factorial(order) / width)
    solution: list[float] = np.linalg.solve(np.vander(places, increasing=True).T, right).tolist()
    return solution
