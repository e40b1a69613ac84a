"""Noise from seeds, as the WebUI draws it."""

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

from container.sampling.brownian import BrownianPaths
from container.sampling.philox import Philox
from shared.overrides import RandomSource

Shape = tuple[int, int, int]  # channels, height, width of a latent


class Noise:
    """The noise of one batch: each picture's depends on its own seeds alone, neither on the batch nor on the device.

    `subseeds` are mixed in by `subseed_strength` (0 to 1). `resize_from` is another latent's (height, width), whose
    first noise is kept in the middle. `seed_delta` is the WebUI's "eta noise seed delta".
    """

    def __init__(
        self,
        seeds: Sequence[int],
        shape: Shape,
        subseeds: Sequence[int] = (),
        subseed_strength: float = 0,
        resize_from: tuple[int, int] | None = None,
        seed_delta: int = 0,
        source: RandomSource = "GPU",
    ) -> None:
        self._seeds, self._shape = seeds, shape
        self._subseeds, self._subseed_strength = subseeds, subseed_strength
        self._first_shape = (shape[0], *resize_from) if resize_from else shape
        self._seed_delta, self._source = seed_delta, source
        self._randn = [_randn(seed, source) for seed in seeds]

    def first(self) -> Tensor:
        """What the pictures begin with, (pictures, channels, height, width) in float32 on the CPU."""
        drawn = torch.stack([self._first(picture) for picture in range(len(self._seeds))])
        if self._seed_delta:
            self._randn = [_randn(seed + self._seed_delta, self._source) for seed in self._seeds]
        return drawn

    def next(self) -> Tensor:
        """Fresh noise for the next step, of the same shape as the first."""
        return torch.stack([randn(self._shape) for randn in self._randn])

    def paths(self, low: float, high: float) -> BrownianPaths:
        """The noise of an SDE between two noise levels: from the seeds alone, whatever was drawn or mixed in."""
        return BrownianPaths(self._seeds, low, high, lambda seed: _randn(seed, self._source)(self._shape))

    def _first(self, picture: int) -> Tensor:
        plain = self._randn[picture](self._shape)
        resized = self._first_shape != self._shape
        noise = self._first_of(self._seeds[picture]) if resized else plain
        if self._subseed_strength:
            noise = _slerp(noise, self._first_of(self._subseeds[picture]), self._subseed_strength)
        return _pasted(noise, plain) if resized else noise

    def _first_of(self, seed: int) -> Tensor:
        return _randn(seed, self._source)(self._first_shape)


def _randn(seed: int, source: RandomSource) -> Callable[[Shape], Tensor]:
    """A function whose every call draws the seed's next numbers."""
    if source == "CPU":
        return partial(torch.randn, generator=torch.Generator().manual_seed(seed))
    return Philox(seed).randn


def _slerp(noise: Tensor, other: Tensor, share: float) -> Tensor:
    """A point on the arc between the noises, column by column, as in the WebUI; a straight mean would be fainter."""
    lengths = noise.norm(dim=1, keepdim=True) * other.norm(dim=1, keepdim=True)
    cosine = (noise * other).sum(1, keepdim=True) / lengths
    if cosine.mean() > 0.9995:  # the same seed twice
        return noise
    angle = cosine.acos()
    mixed: Tensor = (((1 - share) * angle).sin() * noise + (share * angle).sin() * other) / angle.sin()
    return mixed


def _pasted(noise: Tensor, onto: Tensor) -> Tensor:
    """The middle of the one over the middle of the other."""
    (top, from_top, height), (left, from_left, width) = (
        _overlap(onto.shape[side], noise.shape[side]) for side in (1, 2)
    )
    pasted = onto.clone()
    pasted[:, top : top + height, left : left + width] = noise[
        :, from_top : from_top + height, from_left : from_left + width
    ]
    return pasted


def _overlap(target: int, source: int) -> tuple[int, int, int]:
    """Where the common middle starts in the target and in the source, and its length."""
    gap = (target - source) // 2
    return max(gap, 0), max(-gap, 0), source + 2 * min(gap, 0)
