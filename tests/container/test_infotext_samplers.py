"""What an infotext says of samplers and schedules."""

from typing import Any

import pytest

from container.diffusion import alphas_cumprod
from container.sampling import courses
from container.sampling.schedules import NoiseSchedule
from shared.infotext import Infotext
from shared.parameters import Txt2ImgParameters
from shared.samplers import Sampler, ScheduleType
from tests.container.infotexts import after_the_model, told


@pytest.mark.parametrize(
    ("sampler", "schedule", "text"),
    [
        ("DPM++ 2M", "Automatic", "Karras"),
        ("DPM++ 3M SDE", "Automatic", "Exponential"),
        ("DPM++ 2M", "Beta", "Beta"),
        ("Euler", "Automatic", "Automatic"),  # the model's own levels, which have no other name
        ("Euler", "Uniform", "Uniform"),
        ("DPM fast", "Automatic", "Automatic"),
        ("DPM adaptive", "Karras", "Karras"),
        ("DDIM", "Automatic", "Automatic"),
    ],
)
def test_the_schedule_type_is_the_one_that_was_used(sampler: str, schedule: str, text: str) -> None:
    assert f"Sampler: {sampler}, Schedule type: {text}, " in told(
        Txt2ImgParameters(sampler_name=sampler, scheduler=schedule)
    )


PARAMETERS: dict[str, Any] = {
    "eta": 0.5,
    "s_churn": 2,
    "s_tmin": 0.5,
    "s_tmax": 10,
    "s_noise": 1.01,
    "override_settings": {"eta_noise_seed_delta": 31337},
}
CHURN = "Sigma churn: 2, Sigma tmin: 0.5, Sigma tmax: 10, Sigma noise: 1.01"


@pytest.mark.parametrize(
    ("sampler", "text"),
    [
        ("Euler", CHURN),
        ("Heun", CHURN),
        ("DPM2", CHURN),
        ("Euler a", "ENSD: 31337, Eta: 0.5"),
        ("DPM2 a", "ENSD: 31337, Eta: 0.5, Sigma noise: 1.01"),
        ("DPM++ 2S a", "ENSD: 31337, Eta: 0.5, Sigma noise: 1.01"),
        ("DPM fast", "ENSD: 31337, Eta: 0.5, Sigma noise: 1.01"),
        ("DPM adaptive", "ENSD: 31337, Eta: 0.5"),
        ("DPM++ SDE", "Eta: 0.5, Sigma noise: 1.01"),
        ("DPM++ 3M SDE", "Eta: 0.5, Sigma noise: 1.01"),
        ("DDIM", "Eta DDIM: 0.5"),
        ("DDIM CFG++", "Eta DDIM: 0.5"),
        ("Restart", ""),
        ("UniPC", ""),
        ("DPM++ 2M", ""),
        ("LCM", ""),
    ],
)
def test_a_samplers_parameters_are_told_of_samplers_that_have_them(sampler: str, text: str) -> None:
    assert after_the_model(Txt2ImgParameters(sampler_name=sampler, **PARAMETERS)) == text


@pytest.mark.parametrize(
    ("sampler", "eta", "text"),
    [
        ("Euler a", None, "ENSD: 7"),
        ("Euler a", 1, "ENSD: 7"),
        ("Euler a", 0, "Eta: 0"),
        ("DDIM", 0, ""),
        ("DDIM", 1, "Eta DDIM: 1"),
    ],
)
def test_an_eta_is_told_where_it_is_not_the_samplers_own(sampler: str, eta: float | None, text: str) -> None:
    settings = {"eta_noise_seed_delta": 7}
    assert after_the_model(Txt2ImgParameters(sampler_name=sampler, eta=eta, override_settings=settings)) == text


def test_the_samplers_of_both_passes_are_told_of() -> None:
    parameters = Txt2ImgParameters(
        sampler_name="DDIM", enable_hr=True, hr_sampler_name="Euler a", hr_scheduler="Beta", eta=0.5
    )
    assert after_the_model(parameters) == (
        "Denoising strength: 0.75, Hires sampler: Euler a, Hires schedule type: Beta, Hires upscale: 2, "
        "Hires upscaler: Latent, Eta DDIM: 0.5, Beta schedule alpha: 0.6, Beta schedule beta: 0.6, Eta: 0.5"
    )


def levels(sampler: Sampler, schedule: ScheduleType) -> list[float]:
    noise = NoiseSchedule.from_alphas_cumprod(alphas_cumprod()).known_to(sampler)
    found: list[float] = courses.txt2img(schedule, 10, noise, sampler).sigmas.tolist()
    return found


@pytest.mark.parametrize("hr_scheduler", [None, "Automatic", "SGM Uniform"])
@pytest.mark.parametrize("scheduler", ["Automatic", "Karras"])
@pytest.mark.parametrize("hr_sampler", [None, "Euler", "DPM++ 2M", "DPM++ 2M SDE", "DDIM"])
@pytest.mark.parametrize("sampler", ["Euler", "DPM++ 2M", "DPM++ 2M SDE", "DDIM"])
def test_an_order_by_an_infotext_passes_the_same_noise_levels(
    sampler: Sampler, scheduler: ScheduleType, hr_sampler: Sampler | None, hr_scheduler: ScheduleType | None
) -> None:
    parameters = Txt2ImgParameters(
        sampler_name=sampler, scheduler=scheduler, enable_hr=True, hr_sampler_name=hr_sampler, hr_scheduler=hr_scheduler
    )
    settings = Infotext.parse(told(parameters)).settings
    again = Txt2ImgParameters(
        sampler_name=settings["Sampler"],
        scheduler=settings["Schedule type"],
        enable_hr=True,
        hr_sampler_name=settings.get("Hires sampler"),
        hr_scheduler=settings.get("Hires schedule type"),
    )
    one, other = (
        [
            levels(each.sampler_name, each.scheduler),
            levels(each.hr_sampler_name or each.sampler_name, each.hr_scheduler or each.scheduler),
        ]
        for each in (parameters, again)
    )
    assert one == other
    assert told(again) == told(parameters)


def test_a_zero_terminal_snr_is_told() -> None:
    text = told(Txt2ImgParameters(sampler_name="DDIM", eta=1), networks={"TI hashes": "a"}, zero_terminal_snr=True)
    assert text.endswith(", TI hashes: a, Noise Schedule: Zero Terminal SNR, Eta DDIM: 1, Version: goc-0.1.0")
