"""Noise for a diffusion's SDE: Brownian paths over the noise level, number for number those of the WebUI."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import sqrt

import numpy as np
import torch
from torch import Tensor

_DIGITS = 6  # of a noise level: torchsde's default tolerance is 1e-6
_POOL = 24  # of the seeds' entropy: torchsde's default for a tree


class BrownianPaths:
    """One path per seed, over the noise levels from `low` to `high`; `randn` draws the first numbers of a seed.

    A path is halved until a half ends at the level that is asked for, and the noise of each midpoint has a seed of its
    own. So a path depends on its seed and its ends, not on where or how often it is evaluated. The halves, their seeds
    and their rounding are those of torchsde 0.2.6 (BrownianTree), whose noise k-diffusion uses.
    """

    def __init__(self, seeds: Sequence[int], low: float, high: float, randn: Callable[[int], Tensor]) -> None:
        self._seeds, self._randn = seeds, randn
        self._low, self._high = round(low, _DIGITS), round(high, _DIGITS)
        self._at = lru_cache(maxsize=3)(self._walked)  # a step begins where the last one ended

    def noise(self, sigma: float, following: float) -> Tensor:
        """The increment from one level down to the other, scaled to variance 1: (pictures, *shape)."""
        return (self._at(following) - self._at(sigma)) / sqrt(sigma - following)

    def _walked(self, level: float) -> Tensor:
        met = min(max(round(level, _DIGITS), self._low), self._high)
        return torch.stack([self._path(seed, met) for seed in self._seeds])

    def _path(self, seed: int, level: float) -> Tensor:
        """The value of a seed's path at the level, with 0 at `low`."""
        start, end, key, depth = self._low, self._high, 0, 0
        ahead = self._randn(_seed(seed)) * sqrt(end - start)
        come = torch.zeros_like(ahead)
        while start < level < end:
            middle = round((start + end) / 2, _DIGITS)
            before, after = (middle - start) / (end - start), end - middle
            half = ahead * before + self._randn(_seed(seed, key, depth)) * sqrt(before * after)
            if level <= middle:
                end, ahead, key = middle, half, 2 * key
            else:
                start, ahead, come, key = middle, ahead - half, come + half, 2 * key + 1
            depth += 1
        return come + ahead if level == end else come


def _seed(entropy: int, *place: int) -> int:
    """The seed of the whole path, or of a half at its place in the tree: its number in its row, and the row."""
    sequence = np.random.SeedSequence(entropy, spawn_key=place, pool_size=_POOL)
    return int(sequence.generate_state(1)[0])
