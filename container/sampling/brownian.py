"""Noise of a diffusion's SDE: Brownian paths over the noise level, number for number the WebUI's of a seed."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import sqrt

import numpy as np
import torch
from torch import Tensor

_DIGITS = 6  # of a noise level: torchsde's default tolerance is 1e-6
_POOL = 24  # of the seeds' entropy: torchsde's default for a tree


class BrownianPaths:
    """One for each seed, over the noise levels from `low` to `high`; `randn` draws what begins a seed's numbers.

    Between its ends a path is halved until a half ends at the level that is asked for, and each middle's noise has a
    seed of its own. So a path depends on its seed and its ends, and not on where or how often it is looked at. The
    halves, their seeds and their rounding are those of torchsde 0.2.6 (BrownianTree), whose noise k-diffusion takes.
    """

    def __init__(self, seeds: Sequence[int], low: float, high: float, randn: Callable[[int], Tensor]) -> None:
        self._seeds, self._randn = seeds, randn
        self._low, self._high = round(low, _DIGITS), round(high, _DIGITS)
        self._at = lru_cache(maxsize=3)(self._walked)  # a step begins where the last one ended

    def noise(self, sigma: float, following: float) -> Tensor:
        """What leads down from the one level to the other, brought to variance 1: (pictures, *shape)."""
        return (self._at(following) - self._at(sigma)) / sqrt(sigma - following)

    def _walked(self, level: float) -> Tensor:
        met = min(max(round(level, _DIGITS), self._low), self._high)
        return torch.stack([self._path(seed, met) for seed in self._seeds])

    def _path(self, seed: int, level: float) -> Tensor:
        """How far a seed's path has come from `low` to the level."""
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
    """Of the whole path, or of a half at its place in the tree: its number in its row, and the row."""
    sequence = np.random.SeedSequence(entropy, spawn_key=place, pool_size=_POOL)
    return int(sequence.generate_state(1)[0])
