"""Orders from an API that may be newer than the container's image."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from container.orders import NoOrder, read
from shared.parameters import Img2ImgParameters, Txt2ImgParameters
from shared.shapes import Order, TaskParameters
from tests.container.aws import MODEL

TXT2IMG = Txt2ImgParameters(prompt="a secret dog", enable_hr=True)
IMG2IMG = Img2ImgParameters(prompt="a secret dog", init_images=["a.png"])
TASKS = pytest.mark.parametrize("parameters", [TXT2IMG, IMG2IMG], ids=["txt2img", "img2img"])
UNITS = {"controlnet": {"args": [{"enabled": True, "model": "canny", "image": "a.png"}]}}
POSE = {"people": [{"pose_keypoints_2d": [1.0, 2.0, 1.0] * 18}], "canvas_width": 64, "canvas_height": 64}


STORED = MODEL.model_copy(update={"updated_at": datetime(2026, 1, 2, tzinfo=UTC)})


def order(parameters: TaskParameters) -> Order:
    return Order(owner="alice", id="1", checkpoint=STORED, networks=[STORED], parameters=parameters)


def sent(parameters: TaskParameters, **changes: Any) -> str:
    """An order with `changes` to its parameters, which this image may not know."""
    body = order(parameters).model_dump(mode="json")
    return json.dumps(body | {"parameters": body["parameters"] | changes})


@pytest.mark.parametrize(
    "parameters",
    [
        TXT2IMG,
        IMG2IMG,
        Txt2ImgParameters.model_validate({"alwayson_scripts": UNITS, "sampler_index": "DPM++ 2M Karras"}),
        Txt2ImgParameters.model_validate(
            {"alwayson_scripts": {"controlnet": {"args": [{"enabled": True, "module": "openpose", "keypoints": POSE}]}}}
        ),
        Txt2ImgParameters.model_validate({"override_settings": {"CLIP_stop_at_last_layers": 2, "sd_vae": "a"}}),
    ],
    ids=["txt2img", "img2img", "a unit", "a pose", "settings"],
)
def test_an_order_is_read_as_it_was_sent(parameters: TaskParameters) -> None:
    assert read(order(parameters).model_dump_json()) == order(parameters)


@TASKS
def test_a_field_that_is_not_known_is_named_with_the_way_out(parameters: TaskParameters) -> None:
    with pytest.raises(
        NoOrder,
        match=r"^The endpoint's image is older than the API: .* what 'sharper' of the order .* Make a new endpoint",
    ):
        read(sent(parameters, sharper=0.5))


@TASKS
def test_a_value_that_is_not_known_is_told_by_its_field_alone(parameters: TaskParameters) -> None:
    with pytest.raises(NoOrder, match="what 'sampler_name' of the order") as refusal:
        read(sent(parameters, sampler_name="Euler of tomorrow"))
    assert "tomorrow" not in str(refusal.value)
    assert "secret" not in str(refusal.value)


def test_an_img2img_with_a_value_that_is_not_known_is_not_drawn_as_a_txt2img() -> None:
    with pytest.raises(NoOrder, match="what 'resize_mode' of the order"):
        read(sent(IMG2IMG, resize_mode=4))


def test_fields_that_do_not_go_together_here_are_told_of_as_parameters() -> None:
    with pytest.raises(NoOrder, match="what 'parameters' of the order"):
        read(sent(TXT2IMG, n_iter=100, batch_size=2))


def test_fields_within_fields_are_named_too() -> None:
    units = {"controlnet": {"args": [{"enabled": True, "sharper": True}]}}
    with pytest.raises(NoOrder, match="what 'sharper', 'taste' of the order"):
        read(sent(TXT2IMG, override_settings={"taste": "good"}, alwayson_scripts=units))


@TASKS
@pytest.mark.parametrize("off", [None, False, 0, "", []], ids=repr)
def test_a_field_that_is_off_asks_for_nothing(parameters: TaskParameters, off: Any) -> None:
    assert read(sent(parameters, sharper=off)) == order(parameters)


def test_a_model_may_be_told_of_in_more_detail_than_is_needed() -> None:
    body = order(TXT2IMG).model_dump(mode="json")
    body["checkpoint"]["thumbnail"] = "a.png"
    assert read(json.dumps(body)) == order(TXT2IMG)


@pytest.mark.parametrize("body", ["", "{}", "no JSON", "[]", '{"owner": 1}'])
def test_what_is_no_order_is_said_to_be_none(body: str) -> None:
    with pytest.raises(NoOrder, match="This is no order"):
        read(body)
