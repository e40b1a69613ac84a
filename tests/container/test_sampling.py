from itertools import pairwise
from math import hypot, inf, log2, sqrt

import pytest
import torch
from torch import Tensor

from container.sampling.noise import Noise
from container.sampling.run import Options
from container.sampling.samplers import sample
from shared.samplers import OWN_LEVELS, SAMPLERS, Sampler
from tests.container.gaussian import DEVIATION, MEAN, denoise, levels, noised, run, solved, unheard

# How the error falls with the width of the steps. PLMS assumes even steps, and DPM++ 3M SDE halves the curvature, so
# neither reaches the order in its name.
ORDERS: dict[Sampler, int] = {
    "Euler": 1,
    "Euler a": 1,
    "DDIM": 1,
    "DDIM CFG++": 1,
    "Heun": 2,
    "DPM2": 2,
    "DPM2 a": 2,
    "DPM++ 2M": 2,
    "DPM++ 2S a": 2,
    "DPM++ SDE": 2,
    "DPM++ 2M SDE": 2,
    "DPM++ 2M SDE Heun": 2,
    "DPM++ 3M SDE": 2,
    "PLMS": 2,
    "UniPC": 3,
    "DEIS": 3,
    "DPM fast": 3,
    "LMS": 4,
}
ADDING_NOISE: tuple[Sampler, ...] = (
    "Euler a",
    "DDIM",
    "DDIM CFG++",
    "DPM2 a",
    "DPM fast",
    "DPM adaptive",
    "DPM++ 2S a",
    "DPM++ SDE",
    "DPM++ 2M SDE",
    "DPM++ 2M SDE Heun",
    "DPM++ 3M SDE",
)
# Those that go through the levels that they are given, to 0 if that is the last.
FOLLOWING: tuple[Sampler, ...] = tuple(sampler for sampler in SAMPLERS if sampler not in OWN_LEVELS)
CALLING_TWICE: tuple[Sampler, ...] = ("Heun", "DPM2", "DPM2 a", "DPM++ 2S a", "DPM++ SDE", "Restart")


@pytest.mark.parametrize(("sampler", "order"), ORDERS.items())
def test_without_noise_a_sampler_follows_the_ode_at_its_order(sampler: Sampler, order: int) -> None:
    """From a level so high that the first steps, when a multistep sampler still knows too little, do no harm."""
    start, end = 300.0, 0.01
    x = torch.full((1, 1, 1, 1), 0.7 * start, dtype=torch.float64)
    coarse, fine = (
        (run(sampler, x, levels(start, end, steps), Options(eta=0)) - solved(x, start, end)).abs().item()
        for steps in (80, 160)
    )
    assert coarse < 0.03
    assert log2(coarse / fine) > order - 0.3


@pytest.mark.parametrize("sampler", ADDING_NOISE)
def test_a_sampler_that_adds_noise_keeps_the_distribution(sampler: Sampler) -> None:
    start, end = 10.0, 0.02
    x = run(sampler, noised(1, start), levels(start, end, 120), Options(eta=1))
    assert x.mean().item() == pytest.approx(MEAN, abs=0.03)
    assert x.std().item() == pytest.approx(DEVIATION, abs=0.03)


@pytest.mark.parametrize("sampler", ["Euler", "Heun", "DPM2"])
def test_churn_keeps_the_distribution_and_changes_the_picture(sampler: Sampler) -> None:
    start, end = 10.0, 0.02
    x, steps = noised(1, start), levels(start, end, 400)
    churned = run(sampler, x, steps, Options(s_churn=20))
    assert churned.mean().item() == pytest.approx(MEAN, abs=0.03)
    assert churned.std().item() == pytest.approx(DEVIATION, abs=0.03)
    assert (churned - run(sampler, x, steps)).abs().mean() > 0.1


@pytest.mark.parametrize("sampler", ["Euler", "Heun", "DPM2"])
@pytest.mark.parametrize(("churn", "raised"), [(1, 1.25), (100, sqrt(2))])
def test_churn_raises_the_level_by_its_share_of_the_steps_and_by_a_root_of_2_at_most(
    sampler: Sampler, churn: float, raised: float
) -> None:
    calls: list[tuple[Tensor, float]] = []

    def looking(x: Tensor, sigma: float) -> Tensor:
        calls.append((x, sigma))
        return x

    x, noise = torch.zeros(1, 4, 64, 64), Noise([1], (4, 64, 64))
    sample(sampler, looking, x, levels(5, 1, 4), noise, Options(s_churn=churn, s_noise=1.5), unheard)
    churned, sigma = calls[0]
    assert sigma == pytest.approx(5 * raised)
    assert churned.std().item() == pytest.approx(1.5 * 5 * sqrt(raised**2 - 1), rel=0.02)


@pytest.mark.parametrize("sampler", ["Euler", "Heun", "DPM2"])
def test_churn_outside_its_bounds_is_none(sampler: Sampler) -> None:
    x, steps = noised(1, 10.0, side=4), levels(10, 0.1, 5)
    assert torch.equal(run(sampler, x, steps, Options(s_churn=30, s_tmin=20)), run(sampler, x, steps))
    assert torch.equal(run(sampler, x, steps, Options(s_churn=30, s_tmax=0.05)), run(sampler, x, steps))
    assert not torch.equal(run(sampler, x, steps, Options(s_churn=30, s_tmin=5, s_tmax=inf)), run(sampler, x, steps))


def test_lcm_keeps_the_distribution_if_its_model_solves_the_ode_at_once() -> None:
    def distilled(x: Tensor, sigma: float) -> Tensor:
        return solved(x, sigma, 0)

    x, steps = noised(1, 10.0), torch.tensor([10.0, 4.0, 1.0, 0.0])
    sampled = sample("LCM", distilled, x, steps, Noise([1], (4, 64, 64)), Options(), unheard)
    assert sampled.mean().item() == pytest.approx(MEAN, abs=0.03)
    assert sampled.std().item() == pytest.approx(DEVIATION, abs=0.03)
    assert not torch.allclose(sampled, solved(x, 10.0, 0), atol=0.1)


def test_cfg_plus_plus_goes_on_with_the_noise_that_is_seen_without_the_prompt() -> None:
    x, steps, shown = noised(1, 5.0, side=4), levels(5, 1, 2), list[Tensor]()
    unguided = torch.full_like(x, 0.3)

    def looking(x: Tensor, sigma: float) -> Tensor:
        shown.append(x)
        return denoise(x, sigma)

    noise = Noise([1], (4, 4, 4))
    sample("DDIM CFG++", looking, x, steps, noise, Options(), unheard, unguided=lambda: unguided)
    assert torch.allclose(shown[1], denoise(x, 5.0) + unguided * steps[1].item())
    plain = run("DDIM", x, steps, Options(eta=0.5))
    assert torch.allclose(run("DDIM CFG++", x, steps, Options(eta=0.5)), plain, atol=1e-5)


def test_few_steps_of_restart_are_heuns() -> None:
    x, steps = noised(1, 14.0, side=4), torch.cat([levels(14, 0.1, 18), torch.zeros(1)])
    assert torch.equal(run("Restart", x, steps), run("Heun", x, steps))


@pytest.mark.parametrize(("steps", "times"), [(20, 1), (35, 1), (36, 2), (80, 2)])
def test_restart_takes_the_way_from_2_to_a_tenth_once_more_or_twice_in_as_many_steps(steps: int, times: int) -> None:
    visited: list[float] = []

    def looking(x: Tensor, sigma: float) -> Tensor:
        visited.append(sigma)
        return denoise(x, sigma)

    whole = torch.cat([levels(14, 0.03, steps - 1), torch.zeros(1)])
    told: list[int] = []
    noise = Noise([1], (4, 64, 64))
    end = sample("Restart", looking, noised(1, 14.0), whole, noise, Options(), lambda step, _: told.append(step))
    assert told == list(range(steps))
    assert len(visited) == 2 * steps - 1
    jumps = [(low, high) for low, high in pairwise(visited) if high > low]
    assert len(jumps) == times
    assert all(0.05 < low < 0.2 and 1 < high < 3 for low, high in jumps)
    assert end.mean().item() == pytest.approx(MEAN, abs=0.05)
    assert end.std().item() == pytest.approx(DEVIATION, abs=0.05)


@pytest.mark.parametrize("sampler", [sampler for sampler in SAMPLERS if sampler != "DPM adaptive"])
@pytest.mark.parametrize("steps", [1, 2, 3, 20])
def test_a_picture_is_the_same_in_a_batch_and_alone(sampler: Sampler, steps: int) -> None:
    """And steps to 0, few or many, make it finite numbers. DPM adaptive's steps depend on the whole batch."""
    sigmas = levels(14, 0.03, steps)
    sigmas = sigmas if sampler in OWN_LEVELS else torch.cat([sigmas[:-1], torch.zeros(1)])
    options = Options(s_churn=5)
    whole = Noise([5, 6, 7], (4, 8, 8))
    batch = sample(sampler, denoise, whole.first() * 14, sigmas, whole, options, unheard)
    one = Noise([6], (4, 8, 8))
    alone = sample(sampler, denoise, one.first() * 14, sigmas, one, options, unheard)
    assert torch.equal(batch[1:2], alone)
    assert torch.isfinite(alone).all()
    assert not torch.equal(batch[0], batch[2])


@pytest.mark.parametrize("sampler", FOLLOWING)
@pytest.mark.parametrize("steps", [1, 6])
def test_the_step_to_zero_takes_what_the_model_saw_last(sampler: Sampler, steps: int) -> None:
    """Except with LMS and PLMS, which draw on earlier steps even there."""
    saw: list[Tensor] = []
    sigmas = torch.cat([levels(5, 0.1, steps)[:-1], torch.zeros(1)])
    noise = Noise([1], (4, 4, 4))
    x = noised(1, 5.0, side=4)
    end = sample(sampler, denoise, x, sigmas, noise, Options(), lambda _step, x0: saw.append(x0))
    assert torch.allclose(end, saw[-1], atol=1e-5) == (steps == 1 or sampler not in ("LMS", "PLMS"))


@pytest.mark.parametrize("sampler", ADDING_NOISE)
def test_an_eta_above_1_adds_no_more_noise_than_there_is_to_be(sampler: Sampler) -> None:
    start, end = 10.0, 1.0
    assert run(sampler, noised(1, start), levels(start, end, 3), Options(eta=20)).std() < 1.1 * hypot(DEVIATION, end)


@pytest.mark.parametrize("sampler", FOLLOWING)
def test_each_step_is_told_once_with_what_the_model_saw(sampler: Sampler) -> None:
    seen: list[Tensor] = []
    told: list[tuple[int, Tensor]] = []

    def looking(x: Tensor, sigma: float) -> Tensor:
        seen.append(denoise(x, sigma))
        return seen[-1]

    sigmas = torch.cat([levels(14, 0.1, 6), torch.zeros(1)])
    noise = Noise([1], (4, 4, 4))
    sample(sampler, looking, noised(1, 14.0, side=4), sigmas, noise, Options(), lambda *step: told.append(step))
    assert [index for index, _ in told] == list(range(7))
    assert all(any(x0 is each for each in seen) for _, x0 in told)
    calls = 13 if sampler in CALLING_TWICE else 8 if sampler == "PLMS" else 7
    assert len(seen) == calls


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_what_on_step_raises_ends_the_run(sampler: Sampler) -> None:
    def stop(step: int, _x0: Tensor) -> None:
        if step >= 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sample(sampler, denoise, noised(1, 5.0, 4), levels(5, 1, 6), Noise([1], (4, 4, 4)), Options(), stop)


@pytest.mark.parametrize("sampler", ["DPM2 a", "DPM++ 2S a", "DPM++ SDE", "DPM++ 2M SDE", "DPM++ 3M SDE"])
def test_s_noise_scales_the_added_noise(sampler: Sampler) -> None:
    x, steps = noised(1, 5.0), levels(5, 1, 1)
    ode, plain, louder = (run(sampler, x, steps, Options(s_noise=scale)) for scale in (0, 1, 1.5))
    assert (louder - ode).std() > 1.2 * (plain - ode).std()


def test_ddim_adds_no_noise_by_itself_and_euler_a_does() -> None:
    x, steps = noised(1, 5.0, side=4), levels(5, 1, 4)
    assert torch.equal(run("DDIM", x, steps), run("DDIM", x, steps, Options(eta=0)))
    assert torch.equal(run("Euler a", x, steps), run("Euler a", x, steps, Options(eta=1)))
    assert not torch.equal(run("Euler a", x, steps), run("Euler a", x, steps, Options(eta=0)))


@pytest.mark.parametrize(("sampler", "plain"), [("Euler a", "Euler"), ("DPM2 a", "DPM2")])
def test_an_ancestral_sampler_without_noise_is_the_plain_one(sampler: Sampler, plain: Sampler) -> None:
    x, steps = noised(1, 5.0, side=4), levels(5, 1, 4)
    assert torch.allclose(run(sampler, x, steps, Options(eta=0)), run(plain, x, steps), atol=1e-5)


def test_a_step_of_dpm_2s_goes_by_what_is_seen_halfway_alone() -> None:
    """DPM2's, which has as many calls and the same order, goes along the slope there instead."""
    answers = iter([3.0, 2.0])

    def looking(x: Tensor, _sigma: float) -> Tensor:
        return torch.full_like(x, next(answers))

    x, steps, noise = torch.full((1, 4, 4, 4), 6.0), torch.tensor([4.0, 1.0]), Noise([1], (4, 4, 4))
    end = sample("DPM++ 2S a", looking, x, steps, noise, Options(eta=0), unheard)
    assert torch.allclose(end, torch.full_like(x, 2 + (6 - 2) / 4))


def test_both_moves_of_dpm_sde_take_part_in_one_brownian_path() -> None:
    """With independent noise, the correlation would be 0."""
    halfway: list[Tensor] = []

    def nothing(x: Tensor, _sigma: float) -> Tensor:
        halfway.append(x)
        return torch.zeros_like(x)

    noise = Noise([3], (4, 64, 64))
    end = sample(
        "DPM++ SDE",
        nothing,
        torch.zeros(1, 4, 64, 64),
        torch.tensor([4.0, 1.0]),
        noise,
        Options(),
        unheard,
    )
    together = torch.stack([halfway[1].flatten(), end.flatten()])
    assert torch.corrcoef(together)[0, 1].item() == pytest.approx(sqrt((4 - 2) / (4 - 1)), abs=0.02)


@pytest.mark.parametrize("sampler", ["DDIM", "PLMS", "UniPC"])
def test_samplers_with_timesteps_of_their_own_end_in_variance_preserving_scale(sampler: Sampler) -> None:
    x, steps = noised(1, 5.0, side=4), levels(5, 0.5, 4)
    sampled = sample(sampler, denoise, x, steps, Noise([1], (4, 4, 4)), Options(), unheard)
    assert torch.allclose(sampled * hypot(1, 0.5), solved(x, 5.0, 0.5), atol=0.5)
    assert not torch.allclose(sampled, solved(x, 5.0, 0.5), atol=0.05)
