import pytest
import torch

from container.sampling.noise import Noise
from container.sampling.philox import Philox
from shared.overrides import RandomSource

SHAPE = (4, 8, 6)


def drawn(seed: int, *sizes: int, source: RandomSource = "GPU") -> torch.Tensor:
    if source == "CPU":
        return torch.randn(*sizes, generator=torch.Generator().manual_seed(seed))
    return Philox(seed).randn(sizes)


def test_a_seed_draws_what_torch_draws_of_it_on_a_cpu_and_goes_on_from_there() -> None:
    noise, generator = Noise([7, 8], SHAPE, source="CPU"), torch.Generator().manual_seed(7)
    for drawn_next in (noise.first(), noise.next(), noise.next()):
        assert torch.equal(drawn_next[0], torch.randn(SHAPE, generator=generator))
    assert noise.next().shape == (2, *SHAPE)


@pytest.mark.parametrize("source", ["GPU", "NV"])
def test_a_seed_draws_a_cards_numbers_and_goes_on_from_there(source: RandomSource) -> None:
    noise, card = Noise([7, 8], SHAPE, source=source), Philox(7)
    for drawn_next in (noise.first(), noise.next(), noise.next()):
        assert torch.equal(drawn_next[0], card.randn(SHAPE))
    assert noise.next().shape == (2, *SHAPE)


def test_a_pictures_noise_is_the_same_in_any_batch() -> None:
    whole, alone = Noise([1, 2, 3], SHAPE), Noise([2], SHAPE)
    for draw in (Noise.first, Noise.next, Noise.next):
        assert torch.equal(draw(whole)[1], draw(alone)[0])


def test_later_noise_is_fresh() -> None:
    noise = Noise([1], SHAPE)
    first, second, third = noise.first(), noise.next(), noise.next()
    assert (first - second).abs().mean() > 0.5
    assert (second - third).abs().mean() > 0.5


@pytest.mark.parametrize("source", ["GPU", "CPU"])
def test_a_seed_delta_changes_all_noise_but_the_first(source: RandomSource) -> None:
    plain, other = (Noise([10], SHAPE, seed_delta=delta, source=source) for delta in (0, 31337))
    assert torch.equal(plain.first(), other.first())
    assert torch.equal(other.next()[0], drawn(10 + 31337, *SHAPE, source=source))


@pytest.mark.parametrize("source", ["GPU", "CPU"])
@pytest.mark.parametrize(("strength", "seed"), [(0, 1), (1, 2)])
def test_a_subseed_of_no_strength_is_none_and_of_full_strength_all(
    strength: float, seed: int, source: RandomSource
) -> None:
    first = Noise([1], SHAPE, [2], strength, source=source).first()[0]
    assert torch.allclose(first, drawn(seed, *SHAPE, source=source), atol=1e-5)


def test_a_subseed_is_mixed_in_without_fainter_noise() -> None:
    size = (4, 64, 64)
    mixed = Noise([1], size, [2], 0.5).first()[0]
    assert mixed.std().item() == pytest.approx(1, abs=0.02)
    for seed in (1, 2):
        cosine = torch.nn.functional.cosine_similarity(mixed.flatten(), drawn(seed, *size).flatten(), dim=0)
        assert cosine.item() == pytest.approx(0.5**0.5, abs=0.02)


def test_a_little_of_a_subseed_changes_the_noise_a_little() -> None:
    plain = drawn(1, *SHAPE)
    little, more = (Noise([1], SHAPE, [2], strength).first()[0] for strength in (0.05, 0.2))
    assert 0 < (little - plain).norm() < (more - plain).norm()


def test_a_subseed_that_is_the_seed_changes_nothing() -> None:
    assert torch.equal(Noise([1], SHAPE, [1], 0.5).first()[0], drawn(1, *SHAPE))


def test_a_subseed_leaves_later_noise_alone() -> None:
    plain, mixed = Noise([1], SHAPE), Noise([1], SHAPE, [2], 0.5)
    plain.first()
    mixed.first()
    assert torch.equal(plain.next(), mixed.next())


@pytest.mark.parametrize("source", ["GPU", "CPU"])
def test_noise_of_a_smaller_size_lies_in_the_middle_of_plain_noise(source: RandomSource) -> None:
    first = Noise([1], (4, 8, 10), resize_from=(4, 6), source=source).first()[0]
    assert torch.equal(first[:, 2:6, 2:8], drawn(1, 4, 4, 6, source=source))
    plain = drawn(1, 4, 8, 10, source=source)
    plain[:, 2:6, 2:8] = first[:, 2:6, 2:8]
    assert torch.equal(first, plain)


def test_of_noise_of_a_larger_size_the_middle_is_taken() -> None:
    assert torch.equal(Noise([1], (4, 4, 6), resize_from=(8, 10)).first()[0], drawn(1, 4, 8, 10)[:, 2:6, 2:8])


def test_noise_may_be_wider_and_lower_than_the_picture() -> None:
    first = Noise([1], (4, 8, 6), resize_from=(4, 10)).first()[0]
    assert torch.equal(first[:, 2:6], drawn(1, 4, 4, 10)[:, :, 2:8])


def test_a_subseed_is_mixed_at_the_size_that_is_kept() -> None:
    resized = Noise([1], (4, 8, 10), [2], 0.3, resize_from=(4, 6)).first()[0]
    assert torch.equal(resized[:, 2:6, 2:8], Noise([1], (4, 4, 6), [2], 0.3).first()[0])
