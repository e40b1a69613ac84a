"""What a ControlNet unit takes and refuses by itself."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from shared.controlnet import PREPROCESSORS, ControlNet, Unit
from shared.keypoints import POINTS

STANDING = [number for point in range(POINTS) for number in (100.12345 + point, 20.5, 1)]


def unit(**fields: Any) -> Unit:
    return Unit(enabled=True, **fields)


def pose(people: int = 1, points: list[float] = STANDING, **fields: Any) -> dict[str, Any]:
    person = {"pose_keypoints_2d": points, "hand_left_keypoints_2d": [0.0] * 63, "face_keypoints_2d": None}
    return {"people": [person] * people, "canvas_width": 512, "canvas_height": 768} | fields


@pytest.mark.parametrize("name", PREPROCESSORS)
def test_a_preprocessor_is_known_in_any_case(name: str) -> None:
    assert unit(module=name.upper()).module == name


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("invert (from white bg & black line)", "invert"),
        ("lineart_standard (from white bg & black line)", "lineart_standard"),
        ("None", "none"),
        ("", "none"),
        (None, "none"),
    ],
)
def test_a_preprocessor_is_known_by_what_the_extension_shows(label: Any, name: str) -> None:
    assert unit(module=label).module == name


@pytest.mark.parametrize(
    ("name", "nearest"), [("openpose_full", "'openpose'"), ("cany", "'canny'"), ("lineart_anime", "'lineart_standard'")]
)
def test_a_preprocessor_that_is_not_there_is_refused_with_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(ValidationError, match=rf"There is no preprocessor '{name}'.*Did you mean .*{nearest}"):
        unit(module=name)


def test_a_preprocessor_that_is_like_none_that_is_there_is_refused_by_name() -> None:
    with pytest.raises(ValidationError, match=r"There is no preprocessor 'depth_midas'\. GET /capabilities"):
        unit(module="depth_midas")


def test_what_a_switched_off_unit_names_is_not_looked_at() -> None:
    assert Unit(module="depth_midas").module == "none"


@pytest.mark.parametrize(
    ("option", "first", "second"), [("Both", True, True), (1, True, False), ("High res only", False, True)]
)
def test_a_unit_guides_the_passes_that_it_names(option: Any, first: bool, second: bool) -> None:
    chosen = unit(hr_option=option)
    assert (chosen.guides(second_pass=False), chosen.guides(second_pass=True)) == (first, second)


@pytest.mark.parametrize("spell", [lambda pose: pose, json.dumps])
def test_keypoints_are_kept_as_far_as_they_are_drawn(spell: Any) -> None:
    kept = unit(keypoints=spell(pose())).keypoints
    assert kept
    assert kept.people[0].pose_keypoints_2d[:3] == [100.123, 20.5, 1]
    assert "hand_left_keypoints_2d" not in kept.model_dump_json()


def test_a_unit_of_a_record_reads_as_it_was_written() -> None:
    written = unit(keypoints=pose(), module="openpose", hr_option="Low res only")
    assert Unit.model_validate_json(written.model_dump_json()) == written


@pytest.mark.parametrize(
    "keypoints",
    [
        "{",
        "[" * 100_000,
        "[]",
        pose(points=STANDING[:-1]),
        pose(points=[*STANDING[:-1], float("nan")]),
        pose(points=[*STANDING[:-1], 1e6]),
        pose(canvas_width=100_000),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_are_no_keypoints_is_refused_by_the_field(keypoints: Any) -> None:
    with pytest.raises(ValidationError) as refusal:
        unit(keypoints=keypoints)
    assert refusal.value.errors()[0]["loc"][0] == "keypoints"


def test_keypoints_of_more_people_than_a_record_holds_are_refused() -> None:
    assert ControlNet(args=[unit(keypoints=pose(5)), unit(keypoints=pose(5))])
    with pytest.raises(ValidationError, match="keypoints of 11 people; 10 are the most"):
        ControlNet(args=[unit(keypoints=pose(5)), unit(keypoints=pose(6))])


def test_keypoints_of_the_most_people_take_five_kilobytes_at_most() -> None:
    long = [-1234.567, -1234.567, 0.123] * POINTS
    most = unit(keypoints=pose(10, long)).keypoints
    assert most
    assert len(most.model_dump_json()) < 5000


@pytest.mark.parametrize(
    ("fields", "reason"),
    [({"image": "aGk="}, "an image and keypoints"), ({"module": "canny"}, "not with canny")],
)
def test_keypoints_stand_alone(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        unit(keypoints=pose(), **fields)
