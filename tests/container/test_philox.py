"""The numbers that an NVIDIA card draws from a seed."""

from math import erf, sqrt

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from container.sampling.philox import Philox, philox

SHAPE = (4, 128, 128)


def words(*values: int) -> list[NDArray[np.uint64]]:
    return [np.array([value], np.uint64) for value in values]


@pytest.mark.parametrize(
    ("counter", "key", "answer"),
    [
        ((0, 0, 0, 0), (0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ((2**32 - 1,) * 4, (2**32 - 1,) * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
    ids=["zeros", "ones", "pi"],
)
def test_the_words_are_those_that_its_authors_publish(
    counter: tuple[int, int, int, int], key: tuple[int, int], answer: str
) -> None:
    """Random123's kat_vectors, philox4x32 of ten rounds."""
    assert " ".join(f"{int(word[0]):08x}" for word in philox(words(*counter), key)) == answer


def test_seed_0_draws_what_a_card_draws_of_it() -> None:
    """As the WebUI's rng_philox.py gives for torch's randn of (3, 4) on a card."""
    published = [
        [-0.92466259, -0.42534415, -2.6438457, 0.14518388],
        [-0.12086647, -0.57972564, -0.62285122, -0.32838709],
        [-1.07454231, -0.36314407, -1.67105067, 2.26550497],
    ]
    assert torch.allclose(Philox(0).randn((3, 4)), torch.tensor(published), rtol=0, atol=2e-6)


def test_a_large_draw_is_of_one_piece() -> None:
    """It is computed in several pieces: what comes first is the same in a draw of any size."""
    large = Philox(5).randn(SHAPE).flatten()
    assert torch.equal(Philox(5).randn((40_000,)), large[:40_000])
    assert len(np.unique(large.numpy())) > 0.99 * len(large)


def test_the_numbers_are_normal() -> None:
    drawn = Philox(1).randn(SHAPE).flatten()
    assert drawn.dtype == torch.float32
    assert drawn.mean().item() == pytest.approx(0, abs=0.02)
    assert drawn.std().item() == pytest.approx(1, abs=0.02)
    for bound in (-2.0, -1.0, 0.0, 1.0, 2.0):
        expected = (1 + erf(bound / sqrt(2))) / 2
        assert (drawn < bound).float().mean().item() == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("apart", [1, 2, 128, 128 * 128])
def test_neighbours_have_nothing_in_common(apart: int) -> None:
    drawn = Philox(1).randn(SHAPE).flatten()
    assert _correlation(drawn[apart:], drawn[:-apart]) == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("other", [2, 1 + 2**32])
def test_every_seed_draws_numbers_of_its_own(other: int) -> None:
    """The second differs in its high word alone: "eta noise seed delta" may lead beyond 32 bits."""
    assert _correlation(Philox(1).randn(SHAPE), Philox(other).randn(SHAPE)) == pytest.approx(0, abs=0.02)


def test_every_draw_of_a_seed_is_fresh_and_in_the_same_order() -> None:
    one, other = Philox(1), Philox(1)
    draws = [one.randn(SHAPE) for _ in range(3)]
    assert all(torch.equal(draw, other.randn(SHAPE)) for draw in draws)
    for first, second in ((0, 1), (0, 2), (1, 2)):
        assert _correlation(draws[first], draws[second]) == pytest.approx(0, abs=0.02)


def _correlation(first: Tensor, second: Tensor) -> float:
    return float(torch.corrcoef(torch.stack([first.flatten(), second.flatten()]))[0, 1])
