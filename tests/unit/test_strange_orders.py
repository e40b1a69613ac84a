"""What no person orders, and a program with a fault does."""

import json
from typing import Any

import pytest

from shared.cloud import Cloud
from shared.shapes import ModelType
from tests.unit.api import Api
from tests.unit.calls import AwsCalls
from tests.unit.things import ORDER, add_endpoint, add_model, picture


@pytest.fixture(autouse=True)
def _something_to_order(aws: Cloud) -> None:
    add_endpoint(aws)
    add_model(aws)
    add_model(aws, "control", ModelType.CONTROLNET)


def with_unit(**fields: Any) -> dict[str, Any]:
    unit = {"enabled": True, "module": "canny", "model": "control", "image": picture(), **fields}
    return ORDER | {"parameters": {"alwayson_scripts": {"controlnet": {"args": [unit]}}}}


@pytest.mark.parametrize("field", ["threshold_a", "threshold_b", "weight", "advanced_weighting"])
@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_that_is_none_is_refused_by_name(api: Api, field: str, number: str) -> None:
    value = ["NUMBER"] if field == "advanced_weighting" else "NUMBER"
    answer = api.post("/jobs", json.dumps(with_unit(**{field: value})).replace('"NUMBER"', number))
    assert answer.status == 422
    assert answer.fields[0].startswith(f"parameters.alwayson_scripts.controlnet.args.0.{field}")


@pytest.mark.parametrize("number", ["1", "1.0", "true"])
def test_the_number_of_a_mode_may_be_spelt_in_any_way(api: Api, number: str) -> None:
    order = json.dumps(with_unit(resize_mode="NUMBER", control_mode="NUMBER")).replace('"NUMBER"', number)
    (unit,) = api.post("/jobs", order).body["parameters"]["alwayson_scripts"]["controlnet"]["args"]
    assert (unit["resize_mode"], unit["control_mode"]) == ("Crop and Resize", "My prompt is more important")


def test_half_a_character_in_a_field_that_is_not_honoured_is_warned_of_as_any_other_value(api: Api) -> None:
    order = json.dumps(ORDER | {"parameters": {"styles": ["HALF"]}}).replace("HALF", "\\ud800")
    answer = api.post("/jobs", order)
    assert answer.status == 202
    assert len(answer.body["warnings"]) == 1


@pytest.mark.parametrize("beginning", ["iVBORw==", "/9j/", "/9j/4AAQSkZJRg==", "UklGRg==", "UklGRgAAAABXRUJQVlA4WA=="])
def test_a_picture_that_breaks_off_is_refused_by_name(api: Api, beginning: str) -> None:
    answer = api.post("/jobs", with_unit(image=beginning))
    assert (answer.status, answer.fields) == (422, ["parameters.alwayson_scripts.controlnet.args.0.image"])


@pytest.mark.parametrize("name", ["\x80", "æ", '"'])
def test_a_name_that_no_route_takes_is_not_found(api: Api, name: str) -> None:
    answer = api.get(f"/jobs/{name}")
    assert (answer.status, answer.headers["Content-Type"]) == (404, ["application/problem+json"])


@pytest.mark.parametrize(
    "order",
    [
        {"extra_networks": {"lora": ["HALF"]}},
        {"parameters": {"override_settings": {"sd_vae": "HALF"}}},
        {"parameters": {"override_settings": {"HALF": 1}}},
        {"parameters": {"alwayson_scripts": {"HALF": [True]}}},
        {"parameters": {"alwayson_scripts": {"controlnet": {"args": [{"enabled": True, "model": "HALF"}]}}}},
        {"task": "img2img", "parameters": {"init_images": ["HALF"]}},
    ],
)
def test_half_a_character_in_a_name_is_refused(api: Api, order: dict[str, Any]) -> None:
    assert api.post("/jobs", json.dumps(ORDER | order).replace("HALF", "\\ud800")).status == 422


@pytest.mark.parametrize("name", ["", " ", "x" * 5000, "../../secret", ".safetensors"])
def test_a_strange_name_in_a_prompt_is_only_unknown(api: Api, name: str) -> None:
    answer = api.post("/jobs", ORDER | {"parameters": {"prompt": f"<lora:{name}:1>"}})
    assert (answer.status, answer.fields) == (422, ["parameters.prompt"])
    assert "There is no lora" in answer.body["detail"]


def test_a_name_that_no_key_of_a_table_holds_is_not_looked_up(api: Api, aws_calls: AwsCalls) -> None:
    """DynamoDB would answer an error."""
    assert api.post("/jobs", ORDER | {"parameters": {"prompt": f"<lora:{'x' * 201}:1>"}}).status == 422
    assert aws_calls == []
