"""DPM fast and DPM adaptive, which choose their own steps."""

from itertools import pairwise
from math import hypot, log

import pytest
import torch
from torch import Tensor

from container.diffusion import alphas_cumprod
from container.sampling.courses import hires, img2img, txt2img
from container.sampling.noise import Noise
from container.sampling.run import Denoise, Options
from container.sampling.samplers import sample
from container.sampling.schedules import NoiseSchedule, sigmas
from shared.samplers import OWN_LEVELS, SCHEDULE_TYPES, Sampler, ScheduleType
from tests.container.gaussian import MEAN, denoise, levels, noised, run, solved, unheard

MODEL = NoiseSchedule.from_alphas_cumprod(alphas_cumprod())
SHAPE = (4, 8, 8)


def bent(x: Tensor, sigma: float) -> Tensor:
    """An x0 that is not a plain multiple of x."""
    return torch.tanh(x / hypot(1, sigma)) + 0.1 * x / hypot(2, sigma)


class Watched:
    """A run: the levels that the model was called at, what it saw, and what `on_step` got."""

    def __init__(
        self, sampler: Sampler, x: Tensor, steps: Tensor, eta: float | None = None, denoise: Denoise = denoise
    ) -> None:
        self._denoise = denoise
        self.called: list[float] = []
        self.saw: list[Tensor] = []
        self.told: list[int] = []
        self.shown: list[Tensor] = []
        noise = Noise(range(len(x)), (x.shape[1], x.shape[2], x.shape[3]))
        self.end = sample(sampler, self._looking, x, steps, noise, Options(eta=eta), self._stepping)

    def _looking(self, x: Tensor, sigma: float) -> Tensor:
        self.called.append(sigma)
        self.saw.append(self._denoise(x, sigma))
        return self.saw[-1]

    def _stepping(self, step: int, x0: Tensor) -> None:
        self.told.append(step)
        self.shown.append(x0)


@pytest.mark.parametrize(
    ("sampler", "steps", "options", "numbers"),
    [
        ("DPM fast", 20, Options(eta=0), [-0.176826, 0.564127, -0.743719, 0.165686]),
        ("DPM fast", 20, Options(), [-0.346466, 0.758592, -0.634030, -0.473583]),
        ("DPM fast", 12, Options(eta=0.5, s_noise=1.3), [-0.745851, 0.962170, -0.897748, -0.473678]),
        ("DPM fast", 5, Options(), [-0.504021, 0.542743, 0.548818, -0.055910]),
        ("DPM adaptive", 20, Options(eta=0), [-0.183372, 0.554117, -0.725788, 0.171944]),
        ("DPM adaptive", 20, Options(eta=0.5, s_noise=1.3), [0.351474, 0.849124, -0.793800, -0.422891]),
        ("DPM adaptive", 1, Options(), [-0.450162, 0.518348, -0.433923, -0.108085]),
    ],
)
def test_from_noise_the_numbers_are_k_diffusions(
    sampler: Sampler, steps: int, options: Options, numbers: list[float]
) -> None:
    """Made by its version 0.1.1 from the same noise."""
    noise, course = Noise([3], SHAPE, source="CPU"), txt2img("Automatic", steps, MODEL, sampler)
    x = course.begin(noise.first())
    end = sample(sampler, bent, x, course.sigmas, noise, options, unheard)
    assert torch.allclose(end.flatten()[:4], torch.tensor(numbers), atol=5e-4)


@pytest.mark.parametrize("calls", range(1, 13))
def test_dpm_fast_calls_the_model_as_often_as_steps_are_ordered(calls: int) -> None:
    watched = Watched("DPM fast", noised(1, 14.0, side=4), levels(14, 0.03, calls), eta=0)
    assert len(watched.called) == calls
    assert all(high > low for high, low in pairwise(watched.called))


@pytest.mark.parametrize(
    ("calls", "told"),
    [(1, [0]), (2, [1]), (3, [1, 2]), (4, [2, 3]), (5, [2, 4]), (6, [2, 4, 5]), (20, [2, 5, 8, 11, 14, 17, 19])],
)
def test_dpm_fasts_steps_are_even_and_have_three_calls_but_for_the_last(calls: int, told: list[int]) -> None:
    watched = Watched("DPM fast", noised(1, 14.0, side=4), levels(14, 0.03, calls))
    assert watched.told == told
    firsts = [0, *(last + 1 for last in told[:-1])]
    ends = [*(watched.called[first] for first in firsts), 0.03]
    assert [log(high / low) for high, low in pairwise(ends)] == pytest.approx([log(14 / 0.03) / len(told)] * len(told))
    assert all(x0 is watched.saw[first] for x0, first in zip(watched.shown, firsts, strict=True))


@pytest.mark.parametrize("eta", [0, 1])
def test_dpm_adaptive_reports_its_share_of_the_way_in_steps(eta: float) -> None:
    watched = Watched("DPM adaptive", noised(1, 14.0, side=4), levels(14, 0.03, 20), eta)
    assert len(watched.called) == 3 * len(watched.told)
    assert watched.told[-1] == 19
    assert watched.told == sorted(watched.told)
    for told, sigma in zip(watched.told, watched.called[3::3], strict=False):
        assert told == max(int(20 * log(14 / sigma) / log(14 / 0.03)) - 1, 0)
    assert all(x0 is saw for x0, saw in zip(watched.shown, watched.saw[::3], strict=True))


@pytest.mark.parametrize("start", [14.0, 2.0])
def test_dpm_adaptive_is_right_within_its_tolerance(start: float) -> None:
    x = noised(1, start, side=16)
    error = run("DPM adaptive", x, levels(start, 0.03, 20), Options(eta=0)) - solved(x, start, 0.03)
    assert error.square().mean().sqrt() < 0.05


def test_dpm_adaptives_steps_are_wider_on_a_straighter_way_whatever_was_ordered() -> None:
    def straight(x: Tensor, _sigma: float) -> Tensor:
        return torch.full_like(x, MEAN)

    def called(denoise: Denoise, steps: int) -> int:
        return len(Watched("DPM adaptive", noised(1, 14.0), levels(14, 0.03, steps), eta=0, denoise=denoise).called)

    assert called(straight, 20) < called(denoise, 20) < called(kinked, 20)
    assert called(denoise, 1) == called(denoise, 20) == called(denoise, 150)


def kinked(x: Tensor, sigma: float) -> Tensor:
    """An x0 that jumps at the level 1."""
    return x * (0.9 if sigma < 1 else 0.1)


def test_dpm_adaptive_takes_a_step_with_too_large_an_error_again() -> None:
    watched = Watched("DPM adaptive", noised(1, 14.0, side=4), levels(14, 0.03, 20), eta=0, denoise=kinked)
    begun = watched.called[::3]
    again = [(step, narrower) for step, narrower in pairwise(range(len(begun))) if begun[step] == begun[narrower]]
    assert again
    for step, narrower in again:
        assert watched.called[3 * narrower + 1] > watched.called[3 * step + 1]
        assert watched.told[step] == watched.told[step - 1]


def test_dpm_adaptives_steps_depend_on_the_whole_batch() -> None:
    """As in the WebUI: alone, a picture may differ. Without noise it differs little."""
    x, steps = torch.cat([noised(1, 14.0, side=4), noised(1, 14.0, side=4) * 3]), levels(14, 0.03, 20)
    together, alone = (Watched("DPM adaptive", each, steps, eta=0) for each in (x, x[:1]))
    assert together.called != alone.called
    assert torch.allclose(together.end[:1], alone.end, atol=0.05)


def test_dpm_adaptive_ends_if_the_model_sees_nan() -> None:
    watched = Watched("DPM adaptive", noised(1, 14.0, side=4), levels(14, 0.03, 20), denoise=lambda x, _: x * torch.nan)
    assert len(watched.called) == 6
    assert watched.end.isnan().all()


@pytest.mark.parametrize("sampler", sorted(OWN_LEVELS))
def test_no_step_goes_down_past_the_last_level(sampler: Sampler) -> None:
    watched = Watched(sampler, noised(1, 14.0, side=4), levels(14, 0.5, 6), eta=1)
    assert min(watched.called) >= 0.5


@pytest.mark.parametrize("sampler", sorted(OWN_LEVELS))
def test_a_single_step_to_0_is_what_the_model_sees(sampler: Sampler) -> None:
    x = noised(1, 5.0, side=4)
    watched = Watched(sampler, x, torch.tensor([5.0, 0.0]))
    assert torch.equal(watched.end, denoise(x, 5.0))
    assert watched.told == [0]


def test_s_noise_scales_dpm_fasts_noise_and_not_dpm_adaptives() -> None:
    x, steps = noised(1, 5.0, side=4), levels(5, 1, 6)
    plain, louder = (
        {sampler: run(sampler, x, steps, Options(s_noise=scale)) for sampler in OWN_LEVELS} for scale in (1, 1.5)
    )
    assert torch.equal(louder["DPM adaptive"], plain["DPM adaptive"])
    assert not torch.allclose(louder["DPM fast"], plain["DPM fast"], atol=0.1)


@pytest.mark.parametrize("sampler", sorted(OWN_LEVELS))
@pytest.mark.parametrize("schedule", SCHEDULE_TYPES)
@pytest.mark.parametrize("steps", [1, 2, 20])
def test_from_noise_the_levels_are_the_models_and_the_noise_is_the_schedules(
    sampler: Sampler, schedule: ScheduleType, steps: int
) -> None:
    course = txt2img(schedule, steps, MODEL, sampler)
    assert (course.steps, course.counted) == (steps, steps)
    assert (course.sigmas[0], course.sigmas[-1]) == (MODEL.sigmas[-1], MODEL.sigmas[0])
    assert course.noise_scale == sigmas(schedule, steps, MODEL, sampler)[0]


@pytest.mark.parametrize("sampler", sorted(OWN_LEVELS))
@pytest.mark.parametrize("schedule", SCHEDULE_TYPES)
def test_from_a_picture_the_levels_are_the_schedules_to_its_last_but_one(
    sampler: Sampler, schedule: ScheduleType
) -> None:
    course, passed = img2img(schedule, 20, 0.5, MODEL, sampler), sigmas(schedule, 20, MODEL, sampler)[-12:]
    assert (course.steps, course.counted) == (11, 11)
    assert torch.equal(course.sigmas[[0, -1]], passed[[0, -2]])
    assert course.noise_scale == passed[0]


@pytest.mark.parametrize("sampler", sorted(OWN_LEVELS))
@pytest.mark.parametrize("schedule", SCHEDULE_TYPES)
@pytest.mark.parametrize("strength", [0, 0.001, 0.3])
def test_any_second_pass_can_be_run(sampler: Sampler, schedule: ScheduleType, strength: float) -> None:
    course = hires(schedule, 10, strength, MODEL, sampler)
    assert (course.sigmas.diff() < 0).all()
    assert course.steps >= 1
    assert torch.isfinite(Watched(sampler, noised(1, course.noise_scale, side=4), course.sigmas).end).all()
