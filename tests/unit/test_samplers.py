import pytest
from pydantic import TypeAdapter, ValidationError

from shared.parameters import Txt2ImgParameters
from shared.samplers import (
    OWN_TIMESTEPS,
    SAMPLERS,
    SCHEDULE_TYPES,
    Choice,
    Sampler,
    ScheduleType,
    SpeltSampler,
    SpeltScheduleType,
    automatic,
    choice,
    is_sampler,
    resolved,
)

SAMPLER: TypeAdapter[Sampler] = TypeAdapter(SpeltSampler)
SCHEDULE_TYPE: TypeAdapter[ScheduleType] = TypeAdapter(SpeltScheduleType)


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_sampler_goes_by_its_name_in_any_case(name: Sampler) -> None:
    assert {SAMPLER.validate_python(spelt) for spelt in (name, name.lower(), name.upper())} == {name}
    assert is_sampler(name.lower())


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("k_dpmpp_2m", "DPM++ 2M"),
        ("k_dpmpp_sde", "DPM++ SDE"),
        ("k_dpmpp_2m_sde", "DPM++ 2M SDE"),
        ("k_dpmpp_2m_sde_heun", "DPM++ 2M SDE Heun"),
        ("k_dpmpp_2s_a", "DPM++ 2S a"),
        ("k_dpmpp_3m_sde", "DPM++ 3M SDE"),
        ("k_euler_a", "Euler a"),
        ("k_euler_ancestral", "Euler a"),
        ("k_euler", "Euler"),
        ("k_lms", "LMS"),
        ("k_heun", "Heun"),
        ("k_dpm_2", "DPM2"),
        ("k_dpm_2_a", "DPM2 a"),
        ("k_dpm_fast", "DPM fast"),
        ("k_dpm_ad", "DPM adaptive"),
        ("k_lcm", "LCM"),
        ("ddim_cfgpp", "DDIM CFG++"),
    ],
)
def test_a_sampler_goes_by_every_alias_of_the_webuis(alias: str, name: Sampler) -> None:
    assert SAMPLER.validate_python(alias) == name


def test_an_unknown_sampler_is_refused_with_the_nearest_names() -> None:
    assert not is_sampler("Euler b")
    with pytest.raises(ValidationError, match="Euler a"):
        SAMPLER.validate_python("Euler b")


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("DPM++ 2M Exponential", Choice("DPM++ 2M", "Exponential")),
        ("DPM++ 2M SDE Heun Karras", Choice("DPM++ 2M SDE Heun", "Karras")),
        ("DPM++ 2M Karras", Choice("DPM++ 2M", "Automatic")),  # with it, that is Karras
        ("dpm2 a karras", Choice("dpm2 a", "Automatic")),
        ("euler a karras", Choice("euler a", "Karras")),
        ("DPM++ 2M SGM Uniform", Choice("DPM++ 2M", "SGM Uniform")),
        ("Euler sgm_uniform", Choice("Euler", "SGM Uniform")),
        ("Euler a SGMUniform", Choice("Euler a", "SGM Uniform")),
        ("Euler kl_optimal", Choice("Euler", "KL Optimal")),
        ("DPM fast Karras", Choice("DPM fast", "Karras")),
        ("DDIM", Choice("DDIM", None)),
        ("Nothing Karras", Choice("Nothing Karras", None)),
    ],
)
def test_an_old_name_brings_its_schedule_type(name: str, chosen: Choice) -> None:
    assert choice(name) == chosen


@pytest.mark.parametrize("scheduler", ["Automatic", "Exponential"])
def test_a_schedule_type_of_its_own_is_stronger_than_a_names(scheduler: str) -> None:
    names = {"sampler_name": "Euler a Karras", "hr_sampler_name": "Euler Karras"}
    asked = Txt2ImgParameters.model_validate(names | {"scheduler": scheduler, "hr_scheduler": scheduler})
    assert (asked.sampler_name, asked.hr_sampler_name) == ("Euler a", "Euler")
    assert (asked.scheduler, asked.hr_scheduler) == (scheduler, scheduler)


@pytest.mark.parametrize("none", [{}, {"scheduler": None}, {"scheduler": ""}])
def test_a_names_schedule_type_holds_where_there_is_no_other(none: dict[str, str | None]) -> None:
    assert Txt2ImgParameters.model_validate({"sampler_name": "Euler a Karras"} | none).scheduler == "Karras"


def test_the_usual_schedule_type_of_a_sampler_is_not_handed_on_to_another_of_the_second_pass() -> None:
    asked = Txt2ImgParameters.model_validate({"sampler_name": "DPM++ 2M Karras", "hr_sampler_name": "Euler"})
    assert (asked.scheduler, asked.hr_scheduler) == ("Automatic", None)


@pytest.mark.parametrize("name", SCHEDULE_TYPES)
def test_a_schedule_type_goes_by_its_name_and_by_its_short_one(name: ScheduleType) -> None:
    assert {SCHEDULE_TYPE.validate_python(spelt) for spelt in (name, name.lower().replace(" ", "_"))} == {name}


@pytest.mark.parametrize("alias", ["SGMUniform", "sgmuniform"])
def test_sgm_uniform_goes_by_its_alias_too(alias: str) -> None:
    assert SCHEDULE_TYPE.validate_python(alias) == "SGM Uniform"


@pytest.mark.parametrize(
    ("sampler", "schedule"),
    [
        ("DPM++ 2M", "Karras"),
        ("DPM++ SDE", "Karras"),
        ("DPM++ 2M SDE", "Exponential"),
        ("DPM++ 2M SDE Heun", "Exponential"),
        ("DPM++ 2S a", "Karras"),
        ("DPM++ 3M SDE", "Exponential"),
        ("DPM2", "Karras"),
        ("DPM2 a", "Karras"),
        ("Restart", "Karras"),
        *((sampler, "Uniform") for sampler in ("Euler a", "Euler", "LMS", "Heun", "LCM", "DEIS")),
    ],
)
def test_automatic_is_what_it_is_in_the_webui(sampler: Sampler, schedule: ScheduleType) -> None:
    assert automatic(sampler) == schedule


@pytest.mark.parametrize(
    ("schedule", "sampler", "name"),
    [
        ("Automatic", "DPM++ 2M", "Karras"),
        ("Automatic", "DPM++ 2M SDE", "Exponential"),
        ("Automatic", "Euler", "Automatic"),
        ("Automatic", "DDIM", "Automatic"),
        ("Beta", "DPM++ 2M", "Beta"),
        ("Karras", "DDIM", "Karras"),
    ],
)
def test_automatic_is_told_by_another_name_where_the_webui_has_one(
    schedule: ScheduleType, sampler: Sampler, name: ScheduleType
) -> None:
    assert resolved(schedule, sampler) == name


def test_samplers_with_timesteps_of_their_own_are_automatically_the_ddim_schedules() -> None:
    assert {sampler for sampler in SAMPLERS if automatic(sampler) == "DDIM"} == OWN_TIMESTEPS
