import pytest
from pydantic import TypeAdapter, ValidationError

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
        ("k_euler_ancestral", "Euler a"),
        ("k_dpmpp_2m", "DPM++ 2M"),
        ("k_dpmpp_2m_sde_heun", "DPM++ 2M SDE Heun"),
        ("k_dpm_2_a", "DPM2 a"),
        ("k_lcm", "LCM"),
    ],
)
def test_a_sampler_goes_by_k_diffusions_names(alias: str, name: Sampler) -> None:
    assert SAMPLER.validate_python(alias) == name


def test_an_unknown_sampler_is_refused_with_the_nearest_names() -> None:
    assert not is_sampler("Euler b")
    with pytest.raises(ValidationError, match="Euler a"):
        SAMPLER.validate_python("Euler b")


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("DPM++ 2M Karras", Choice("DPM++ 2M", "Karras")),
        ("DPM++ 2M SDE Heun Exponential", Choice("DPM++ 2M SDE Heun", "Exponential")),
        ("dpm2 a karras", Choice("dpm2 a", "Karras")),
        ("DPM++ 2M SGM Uniform", Choice("DPM++ 2M", "SGM Uniform")),
        ("Euler sgm_uniform", Choice("Euler", "SGM Uniform")),
        ("Euler a SGMUniform", Choice("Euler a", "SGM Uniform")),
        ("Euler kl_optimal", Choice("Euler", "KL Optimal")),
        ("DDIM", Choice("DDIM", None)),
        ("Nothing Karras", Choice("Nothing Karras", None)),
    ],
)
def test_an_old_name_brings_its_schedule_type(name: str, chosen: Choice) -> None:
    assert choice(name) == chosen


@pytest.mark.parametrize("name", SCHEDULE_TYPES)
def test_a_schedule_type_goes_by_its_name_and_by_its_short_one(name: ScheduleType) -> None:
    assert {SCHEDULE_TYPE.validate_python(spelt) for spelt in (name, name.lower().replace(" ", "_"))} == {name}


@pytest.mark.parametrize("alias", ["SGMUniform", "sgmuniform"])
def test_sgm_uniform_goes_by_its_alias_too(alias: str) -> None:
    assert SCHEDULE_TYPE.validate_python(alias) == "SGM Uniform"


@pytest.mark.parametrize(
    ("sampler", "schedule"),
    [("DPM++ 2M", "Karras"), ("DPM++ 3M SDE", "Exponential"), ("Euler a", "Uniform"), ("LCM", "Uniform")],
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
