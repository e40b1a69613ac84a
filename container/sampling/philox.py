"""The normal numbers that torch draws from a seed on an NVIDIA card, on the CPU: the WebUI's sources GPU and NV."""

from collections.abc import Sequence
from math import pi, prod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Words = NDArray[np.uint64]  # of 32 bits each in 64, so that a product of two fits

# Philox4x32-10: Salmon et al. 2011, "Parallel Random Numbers: As Easy as 1, 2, 3".
_MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
_KEY_STEPS = 0x9E3779B9, 0xBB67AE85
_ROUNDS = 10
_WIDTH, _LOW = np.uint64(32), np.uint64(2**32 - 1)
_PIECE = 2**14  # numbers drawn together: their words stay in the processor's cache, which halves the time


def philox(counter: Sequence[Words], key: tuple[int, int]) -> tuple[Words, Words, Words, Words]:
    """Four random words for each counter of four words; the key has two."""
    a, b, c, d = counter
    for turn in range(_ROUNDS):
        first, second = (np.uint64((word + turn * step) % 2**32) for word, step in zip(key, _KEY_STEPS, strict=True))
        p, q = a * _MULTIPLIERS[0], c * _MULTIPLIERS[1]
        a, b, c, d = q >> _WIDTH ^ b ^ first, q & _LOW, p >> _WIDTH ^ d ^ second, p & _LOW
    return a, b, c, d


class Philox:
    """A seed's generator.

    The WebUI's NV draws these at any size; its GPU, the card itself, as long as it has a thread for each number: an RTX
    4070 has 70,656, and a latent of 128 by 128 needs 65,536. Beyond that, the numbers depend on the size of the card
    (torch's DistributionTemplates.h), so GPU and NV are the same here.
    """

    def __init__(self, seed: int) -> None:
        self._key = seed % 2**32, seed >> 32
        self._draw = 0

    def randn(self, shape: Sequence[int]) -> Tensor:
        """The next draw: float32 on the CPU. Its number and each number's place in it are the counter."""
        places = np.arange(prod(shape), dtype=np.uint64)
        pieces = np.split(places, range(_PIECE, len(places), _PIECE))
        drawn = np.concatenate([self._normal(piece) for piece in pieces])
        self._draw += 1
        return torch.from_numpy(drawn).reshape(tuple(shape))

    def _normal(self, places: Words) -> NDArray[np.float32]:
        draw, zero = np.array([self._draw], np.uint64), np.zeros(1, np.uint64)
        x, y, *_ = philox([draw, zero, places, zero], self._key)
        return _box_muller(x, y)


def _box_muller(x: Words, y: Words) -> NDArray[np.float32]:
    """The sine of each Box-Muller pair; in float32, as on a card."""
    share, turn = ((word.astype(np.float32) + np.float32(0.5)) * np.float32(2**-32) for word in (x, y))
    normal: NDArray[np.float32] = np.sqrt(-2 * np.log(share)) * np.sin(turn * np.float32(2 * pi))
    return normal
