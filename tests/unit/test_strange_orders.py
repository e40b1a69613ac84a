"""What no person orders, but a program with a fault does."""

import json
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from shared.cloud import Cloud
from shared.controlnet import Unit
from shared.shapes import ModelType
from shared.webui import Img2Img, Txt2Img
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


def floats(body: type[BaseModel]) -> Iterator[str]:
    """The fields that take a number with a fraction, or several."""

    def takes_floats(type: Any) -> bool:
        return type is float or any(map(takes_floats, get_args(type)))

    return (name for name, field in body.model_fields.items() if takes_floats(field.annotation))


of_every_float = pytest.mark.parametrize(
    ("body", "field"), [(body, each) for body in (Txt2Img, Img2Img, Unit) for each in floats(body)]
)


def with_number(body: type[BaseModel], field: str, number: str) -> str:
    """An order with a number as JSON spells it, which Python need not be able to hold."""
    value = ["NUMBER"] if field == "advanced_weighting" else "NUMBER"
    if body is Unit:
        order = with_unit(**{field: value})
    else:
        beside = {"init_images": [picture()]} if body is Img2Img else {"enable_hr": True, "hr_resize_x": 512}
        order = ORDER | {"task": body.__name__.lower(), "parameters": beside | {field: value}}
    return json.dumps(order).replace('"NUMBER"', number)


@of_every_float
def test_a_number_that_no_table_takes_is_refused_by_name(api: Api, body: type[BaseModel], field: str) -> None:
    unbounded = ("Infinity", "1e999") if field == "s_tmax" else ()
    for number in ("NaN", "Infinity", "-Infinity", "1e999", "1e200", "-1e200", "1e125"):
        answer = api.post("/jobs", with_number(body, field, number))
        if number in unbounded:
            assert (answer.status, answer.body["parameters"]["s_tmax"]) == (202, None)
        else:
            assert answer.status == 422, number
            assert field in answer.fields[0]


@of_every_float
def test_a_number_next_to_none_is_stored_as_none_or_is_out_of_bounds(
    api: Api, body: type[BaseModel], field: str
) -> None:
    for number in ("1e-200", "5e-324", "-1e-200"):
        answer = api.post("/jobs", with_number(body, field, number))
        assert answer.status in (202, 422), number
        if answer.status == 202:
            assert api.get(f"/jobs/{answer.body['id']}").status == 200
        else:
            assert field in answer.fields[0]


@pytest.mark.parametrize("route", ["/jobs", "/models", "/uploads", "/endpoints"])
@pytest.mark.parametrize("body", ['{"task": 1' + "0" * 5000 + "}", "[1" + "0" * 5000 + "]", "{", "", "a cute dog"])
def test_what_is_no_json_and_a_number_that_python_does_not_read_are_refused_alike(
    api: Api, route: str, body: str
) -> None:
    answer = api.post(route, body)
    if body:
        assert (answer.status, answer.body["detail"], answer.fields) == (400, "The body is not JSON.", ["body"])
    else:
        assert answer.status == 422


def test_a_body_that_is_not_utf_8_is_refused_and_the_character_that_stands_for_such_bytes_can_be_spelt(
    api: Api,
) -> None:
    order = ORDER | {"parameters": {"prompt": "caf\N{REPLACEMENT CHARACTER}"}}
    answer = api.post("/jobs", json.dumps(order, ensure_ascii=False))  # as a gateway hands on b"caf\xe9"
    assert (answer.status, answer.fields) == (400, ["body"])
    assert r"write \ufffd" in answer.body["detail"]
    assert api.post("/jobs", json.dumps(order)).body["parameters"]["prompt"] == "caf\N{REPLACEMENT CHARACTER}"


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
