from math import log

import pytest
import torch
from torch import Tensor

from container.diffusion import alphas_cumprod
from container.sampling.courses import hires, img2img, txt2img
from container.sampling.noise import Noise
from container.sampling.run import Options
from container.sampling.samplers import sample
from container.sampling.schedules import NoiseSchedule, sigmas
from shared.samplers import OWN_TIMESTEPS, SAMPLERS, SCHEDULE_TYPES, Sampler, ScheduleType
from tests.container.gaussian import denoise, unheard

MODEL = NoiseSchedule.from_alphas_cumprod(alphas_cumprod())
HIGHEST, LOWEST = 14.6146, 0.0292  # of Stable Diffusion 1.x


def of(schedule: ScheduleType, steps: int, sampler: Sampler = "Euler") -> Tensor:
    return sigmas(schedule, steps, MODEL.known_to(sampler), sampler)


def times(levels: Tensor) -> list[float]:
    return [MODEL.time(sigma) for sigma in levels.tolist() if sigma]


def test_a_models_noise_levels_are_those_of_stable_diffusion() -> None:
    assert MODEL.sigmas.shape == (1000,)
    assert (MODEL.sigmas.diff() > 0).all()
    assert (MODEL.sigmas[-1].item(), MODEL.sigmas[0].item()) == pytest.approx((HIGHEST, LOWEST), abs=1e-4)


def test_a_timestep_and_its_noise_level_are_each_others() -> None:
    for time in (0, 0.25, 400.5, 999):
        assert MODEL.time(MODEL.sigma(time)) == pytest.approx(time, abs=1e-6)
    assert log(MODEL.sigma(10.5)) == pytest.approx((log(MODEL.sigma(10)) + log(MODEL.sigma(11))) / 2)


def test_a_noise_level_beyond_the_models_is_called_by_the_last_timestep() -> None:
    assert (MODEL.time(100), MODEL.time(1e-3)) == (999, 0)


@pytest.mark.parametrize("schedule", SCHEDULE_TYPES)
@pytest.mark.parametrize("sampler", ["Euler", "DPM2", "LCM"])
@pytest.mark.parametrize("steps", [1, 2, 20])
def test_every_schedule_descends_within_the_models_range(schedule: ScheduleType, sampler: Sampler, steps: int) -> None:
    levels = of(schedule, steps, sampler)
    known = MODEL.known_to(sampler)
    assert (levels.diff() < 0).all()
    if schedule != "Align Your Steps":  # its figures are rounded, and the same whatever the model knows
        assert levels[0] <= known.sigmas[-1] * (1 + 1e-6)
        assert levels[-2] >= known.sigmas[0] * (1 - 1e-6)
    assert levels[-1] == 0 or schedule == "KL Optimal"
    assert len(levels) == steps + 1 or (schedule == "DDIM" and len(levels) > steps)


@pytest.mark.parametrize("schedule", ["Uniform", "Normal"])
def test_uniform_steps_are_even_in_time(schedule: ScheduleType) -> None:
    assert times(of(schedule, 4)) == pytest.approx([999, 666, 333, 0], abs=1e-2)


def test_sgm_uniform_steps_stop_one_before_the_last() -> None:
    assert times(of("SGM Uniform", 3)) == pytest.approx([999, 666, 333], abs=1e-2)


def test_simple_and_ddim_steps_are_of_the_models_own() -> None:
    assert times(of("Simple", 4)) == pytest.approx([999, 749, 499, 249], abs=1e-2)
    assert times(of("DDIM", 4)) == pytest.approx([751, 501, 251, 1], abs=1e-2)


def test_karras_steps_are_even_in_the_seventh_root() -> None:
    roots = of("Karras", 10)[:-1] ** (1 / 7)
    assert torch.allclose(roots, torch.linspace(HIGHEST ** (1 / 7), LOWEST ** (1 / 7), 10), atol=1e-4)


@pytest.mark.parametrize("schedule", ["Exponential", "Polyexponential"])
def test_exponential_steps_are_even_in_the_logarithm(schedule: ScheduleType) -> None:
    assert torch.allclose(of(schedule, 10)[:-1].log(), torch.linspace(log(HIGHEST), log(LOWEST), 10), atol=2e-3)


def test_kl_optimal_steps_are_even_in_the_arctangent_down_to_the_models_lowest() -> None:
    levels = of("KL Optimal", 10)
    assert levels[-1].item() == pytest.approx(LOWEST, abs=1e-4)
    assert torch.allclose(levels.atan().diff(), levels.atan().diff().mean(), atol=1e-5)


@pytest.mark.parametrize("xl", [False, True])
def test_ten_aligned_steps_are_the_published_ones_and_others_lie_between(xl: bool) -> None:
    model = NoiseSchedule(MODEL.levels, MODEL.times, xl=xl)
    published, more = (sigmas("Align Your Steps", steps, model, "Euler") for steps in (11, 21))
    assert published[1].item() == pytest.approx(6.315 if xl else 6.475)
    assert (published[0].item(), published[-2].item()) == pytest.approx((14.615, 0.029))
    assert torch.allclose(more[:-1:2], published[:-1])
    assert torch.allclose(more[1:-1:2].log(), (published[:-2].log() + published[1:-1].log()) / 2)


def test_beta_steps_are_the_distributions_quantiles() -> None:
    shares = (of("Beta", 11)[:-1] - LOWEST) / (HIGHEST - LOWEST)
    torch.manual_seed(0)
    samples = torch.distributions.Beta(0.6, 0.6).sample((100_000,))
    assert torch.allclose(shares, samples.quantile(torch.linspace(1, 0, 11)), atol=0.01)


@pytest.mark.parametrize("sampler", ["DPM2", "DPM2 a", "DPM++ 3M SDE"])
def test_some_samplers_take_one_level_more_and_leave_the_last_but_one_out(sampler: Sampler) -> None:
    longer = of("Karras", 11)
    assert torch.equal(of("Karras", 10, sampler), torch.cat([longer[:-2], longer[-1:]]))


@pytest.mark.parametrize(("sampler", "schedule"), [("Euler", "Uniform"), ("DPM++ 2M", "Karras")])
def test_automatic_is_the_samplers_own(sampler: Sampler, schedule: ScheduleType) -> None:
    assert torch.equal(of("Automatic", 7, sampler), of(schedule, 7, sampler))


def test_lcm_knows_every_twentieth_timestep_alone() -> None:
    known = MODEL.known_to("LCM")
    assert times(of("Uniform", 8, "LCM")) == pytest.approx([999, 859, 719, 579, 439, 299, 159, 19], abs=1e-2)
    assert {known.time(MODEL.sigma(time)) for time in range(1000)} == set(range(19, 1000, 20))


def test_from_noise_a_course_begins_at_the_highest_level() -> None:
    course = txt2img("Karras", 20, MODEL, "DPM++ 2M")
    assert course.steps == 20
    noise = torch.ones(1, 4, 2, 2)
    assert torch.equal(course.begin(noise), noise * course.sigmas[0])


@pytest.mark.parametrize(("strength", "steps"), [(0, 1), (0.05, 2), (0.5, 11), (0.75, 16), (0.999, 20), (1, 20)])
def test_img2img_runs_the_end_of_the_schedule(strength: float, steps: int) -> None:
    course, whole = img2img("Karras", 20, strength, MODEL, "Euler a"), of("Karras", 20)
    assert torch.equal(course.sigmas, whole[-steps - 1 :])
    latent, noise = torch.full((1, 4, 2, 2), 3.0), torch.ones(1, 4, 2, 2)
    assert torch.allclose(course.begin(noise, latent), latent + whole[-steps - 1] * noise)


@pytest.mark.parametrize("strength", [0.1, 0.3, 0.7, 1])
@pytest.mark.parametrize("sampler", ["Euler", "DPM2"])
def test_a_hires_fix_runs_all_its_steps(strength: float, sampler: Sampler) -> None:
    course = hires("Uniform", 15, strength, MODEL, sampler)
    assert course.steps == 15
    assert course.sigmas[-1] == 0
    assert course.sigmas[0] == of("Uniform", int(15 / min(strength, 0.999)), sampler)[-16]


@pytest.mark.parametrize("schedule", SCHEDULE_TYPES)
def test_a_hires_fix_of_hardly_any_strength_descends_too(schedule: ScheduleType) -> None:
    for strength in (0, 0.001):
        assert (hires(schedule, 50, strength, MODEL, "DPM++ 2M").sigmas.diff() < 0).all()


@pytest.mark.parametrize("sampler", ["DDIM", "PLMS"])
def test_ddim_and_plms_pass_timesteps_of_their_own_down_to_the_first(sampler: Sampler) -> None:
    for schedule in SCHEDULE_TYPES:
        assert times(txt2img(schedule, 5, MODEL, sampler).sigmas) == pytest.approx([801, 601, 401, 201, 1], abs=1e-2)


def test_unipc_passes_evenly_from_the_last_timestep_to_0() -> None:
    assert times(txt2img("Karras", 4, MODEL, "UniPC").sigmas) == pytest.approx(
        [999, 749.25, 499.5, 249.75, 0], abs=1e-2
    )


def test_steps_that_do_not_divide_1000_are_some_more_with_own_timesteps() -> None:
    assert txt2img("DDIM", 30, MODEL, "DDIM").steps == 30
    assert txt2img("DDIM", 15, MODEL, "UniPC").steps == 16


@pytest.mark.parametrize("sampler", sorted(OWN_TIMESTEPS))
def test_own_timesteps_begin_in_variance_preserving_scale(sampler: Sampler) -> None:
    """There, pure noise has variance 1, and a noised latent that of its noise and its own together."""
    pure = txt2img("DDIM", 10, MODEL, sampler)
    assert pure.noise_scale**2 == pytest.approx(1 + pure.sigmas[0].item() ** 2)
    noised = img2img("DDIM", 10, 0.5, MODEL, sampler)
    kept, added = (scale**2 / (1 + noised.sigmas[0].item() ** 2) for scale in (noised.latent_scale, noised.noise_scale))
    assert kept + added == pytest.approx(1)
    assert MODEL.time((added / kept) ** 0.5) == pytest.approx(501, abs=1e-2)


def test_img2img_with_own_timesteps_starts_one_below_the_latents_noise() -> None:
    assert times(img2img("DDIM", 10, 0.5, MODEL, "DDIM").sigmas) == pytest.approx([401, 301, 201, 101, 1], abs=1e-2)
    assert times(img2img("DDIM", 10, 0.5, MODEL, "UniPC").sigmas) == pytest.approx(
        [401, 320.8, 240.6, 160.4, 80.2, 0], abs=1e-2
    )


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize(("steps", "strength"), [(1, 0.0), (1, 1.0), (3, 0.3), (20, 0.6), (1500, 0.003)])
def test_any_course_can_be_run(sampler: Sampler, steps: int, strength: float) -> None:
    known = MODEL.known_to(sampler)
    for course in (
        txt2img("Automatic", min(steps, 20), known, sampler),
        img2img("Automatic", steps, strength, known, sampler),
        hires("Automatic", min(steps, 20), strength, known, sampler),
    ):
        assert (course.sigmas.diff() < 0).all()
        noise = Noise([1], (4, 2, 2))
        x = course.begin(noise.first(), torch.zeros(1, 4, 2, 2))
        assert torch.isfinite(sample(sampler, denoise, x, course.sigmas, noise, Options(), unheard)).all()
