"""Other extensions' scripts and the WebUI's settings, which an order brings along."""

from typing import Any

import pytest

from shared.cloud import Cloud
from tests.unit.api import Answer, Api
from tests.unit.things import ORDER, add_endpoint, add_model


@pytest.fixture(autouse=True)
def _something_to_order(aws: Cloud) -> None:
    add_endpoint(aws)
    add_model(aws)


def submit(api: Api, parameters: dict[str, Any]) -> Answer:
    return api.post("/jobs", ORDER | {"parameters": parameters})


def test_the_webuis_own_scripts_that_repeat_its_page_pass_without_a_word(api: Api) -> None:
    scripts = {
        "Sampler": {"args": [20, "DPM++ 2M", "Karras"]},
        "Seed": {"args": [-1, False, -1, 0, 0, 0]},
        "Refiner": {"args": [False, "", 0.8]},
        "Hypertile": {"args": []},
        "Comments": {"args": []},
        "Extra options": {"args": []},
    }
    assert submit(api, {"alwayson_scripts": scripts}).body["warnings"] == []


def test_a_refiner_that_is_switched_on_is_warned_of(api: Api) -> None:
    (warning,) = submit(api, {"alwayson_scripts": {"Refiner": {"args": [True, "xl", 0.8]}}}).body["warnings"]
    assert "'Refiner'" in warning


def test_another_setting_that_is_overridden_is_warned_of(api: Api) -> None:
    (warning,) = submit(api, {"override_settings": {"face_restoration_model": "CodeFormer"}}).body["warnings"]
    assert warning.startswith("'override_settings.face_restoration_model' is not honoured")


@pytest.mark.parametrize("checkpoint", ["tiny", "Tiny.safetensors", "tiny [1a2b3c4d]", "", None])
def test_the_orders_own_checkpoint_among_the_settings_is_no_reason_for_a_word(api: Api, checkpoint: str | None) -> None:
    assert submit(api, {"override_settings": {"sd_model_checkpoint": checkpoint}}).body["warnings"] == []


def test_another_checkpoint_among_the_settings_is_warned_of(api: Api) -> None:
    (warning,) = submit(api, {"override_settings": {"sd_model_checkpoint": "dreamshaper_8"}}).body["warnings"]
    assert "sd_model_checkpoint" in warning
    assert "'tiny'" in warning


@pytest.mark.parametrize("arguments", [[True, {"ad_model": "face"}], ["on"], [{"ad_model": "face"}], {"args": [True]}])
def test_a_script_that_is_switched_on_is_warned_of(api: Api, arguments: object) -> None:
    (warning,) = submit(api, {"alwayson_scripts": {"ADetailer": {"args": arguments}}}).body["warnings"]
    assert "'ADetailer'" in warning


def test_more_warnings_than_a_record_holds_end_with_a_word_about_that(api: Api) -> None:
    warnings = submit(api, {"override_settings": {f"setting_{number}": 1 for number in range(1000)}}).body["warnings"]
    assert warnings[0].startswith("'override_settings.setting_0' is not honoured")
    assert warnings[-1] == "There is more to be warned of than is kept here."
    assert sum(map(len, warnings)) < 2_100


@pytest.mark.parametrize("source", ["GPU", "NV", "CPU"])
def test_a_source_of_random_numbers_is_taken_without_a_word(api: Api, source: str) -> None:
    job = submit(api, {"override_settings": {"randn_source": source}}).body
    assert job["warnings"] == []
    assert job["parameters"]["override_settings"]["randn_source"] == source


def test_another_source_of_random_numbers_is_refused_with_those_there_are(api: Api) -> None:
    refusal = submit(api, {"override_settings": {"randn_source": "TPU"}})
    assert (refusal.status, refusal.fields) == (422, ["parameters.override_settings.randn_source"])
    assert all(f"'{source}'" in refusal.body["detail"] for source in ("GPU", "NV", "CPU"))
