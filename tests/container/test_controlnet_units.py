from typing import Any

import cv2
import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter

from container.controlnet import poses
from container.controlnet.poses import Person
from container.controlnet.preprocessors import Pixels
from container.controlnet.units import Guide, Part, UnusableUnit, prepare
from shared.controlnet import Unit
from tests.container.controlnets import standing

PHOTOGRAPH = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8))


def unit(**fields: Any) -> Unit:
    return Unit(**{"enabled": True, "model": "canny"} | fields)


def guide(image: Image.Image | None = PHOTOGRAPH, mask: Image.Image | None = None, **fields: Any) -> Guide:
    return prepare(unit(**fields), 3, image, mask, width=96, height=64)


def test_a_hint_is_the_map_between_nought_and_one() -> None:
    made = guide(resize_mode="Just Resize")
    hint = made.hint(96, 64)
    assert hint.shape == (1, 3, 64, 96)
    assert torch.equal((255 * hint[0]).round().byte(), torch.from_numpy(np.array(PHOTOGRAPH)).permute(2, 0, 1))


def test_a_map_is_shown_as_the_model_is_shown_it() -> None:
    made = guide(module="canny", resize_mode="Resize and Fill", processor_res=64)
    shown = np.asarray(made.picture(128, 128))
    assert torch.equal(torch.from_numpy(shown.copy()).permute(2, 0, 1) / 255, made.hint(128, 128)[0])


def test_a_preprocessor_sees_the_picture_in_its_resolution_with_its_thresholds() -> None:
    square = PHOTOGRAPH.crop((0, 0, 64, 64)).resize((128, 128)).filter(ImageFilter.GaussianBlur(2))
    made = guide(square, module="canny", processor_res=128, threshold_a=30, threshold_b=90)
    assert np.array_equal(made.map[:, :, 0], cv2.Canny(np.asarray(square), 30, 90))
    assert not np.array_equal(made.map, guide(square, module="canny", processor_res=128).map)


def test_pixel_perfect_follows_the_picture_that_is_drawn() -> None:
    assert guide(module="canny", pixel_perfect=True).map.shape == (64, 96, 3)


def test_what_is_transparent_is_white() -> None:
    assert (guide(Image.new("RGBA", (96, 64), (200, 0, 0, 0))).map == 255).all()


def test_a_scribbled_mask_stands_for_the_picture() -> None:
    mask = Image.new("L", PHOTOGRAPH.size)
    mask.paste(255, (10, 10, 30, 20))
    assert np.array_equal(guide(mask=mask).map[:, :, 1], np.asarray(mask))


@pytest.mark.parametrize("value", [0, 255])
def test_a_mask_of_all_or_nothing_is_none(value: int) -> None:
    assert np.array_equal(guide(mask=Image.new("L", PHOTOGRAPH.size, value)).map, np.asarray(PHOTOGRAPH))


def test_keypoints_are_drawn_on_their_canvas() -> None:
    flat = [number for joint in standing() if joint for number in (*joint, 1)]
    keypoints = {"people": [{"pose_keypoints_2d": flat}], "canvas_width": 256, "canvas_height": 264}
    made = guide(None, keypoints=keypoints, module="openpose", resize_mode="Resize and Fill")
    assert np.array_equal(made.map, poses.draw([standing()], 256, 264))
    assert made.mode == "Resize and Fill"


def test_a_detectors_people_are_drawn_as_it_saw_them() -> None:
    seen: list[Pixels] = []

    def find(picture: Pixels) -> list[Person]:
        seen.append(picture)
        return [standing()]

    asked = unit(module="openpose", processor_res=256, resize_mode="Resize and Fill")
    made = prepare(asked, 0, PHOTOGRAPH, None, 96, 64, find)
    assert seen[0].shape == made.map.shape == (256, 384, 3)
    assert np.array_equal(made.map, poses.draw([standing()], 384, 256))
    assert made.mode == "Resize and Fill"


@pytest.mark.parametrize(
    ("fields", "image", "mask", "reason"),
    [
        ({"model": "None"}, PHOTOGRAPH, None, "names no model.*GET /models"),
        ({}, None, None, "has no picture.*`image` or `keypoints`"),
        ({"module": "openpose"}, PHOTOGRAPH, None, "asks for openpose, and no detector is there.*body_pose_model.pth"),
        ({}, PHOTOGRAPH, Image.new("L", (64, 64), 9), "has a mask of 64x64 to a picture of 96x64"),
    ],
)
def test_a_unit_that_lacks_something_is_refused_by_its_place(
    fields: dict[str, Any], image: Image.Image | None, mask: Image.Image | None, reason: str
) -> None:
    with pytest.raises(UnusableUnit, match=f"^ControlNet unit 3 {reason}"):
        guide(image, mask, **fields)


HALVES = Image.new("RGB", (60, 40), "black")
HALVES.paste((255, 255, 255), (30, 0, 60, 40))


def test_a_part_that_is_drawn_alone_is_guided_by_the_same_part_at_its_size() -> None:
    part = Part((120, 120), (70, 20, 110, 60))
    right = prepare(unit(resize_mode="Just Resize"), 0, HALVES, None, 96, 64, part=part)
    assert right.map.shape == (64, 96, 3)
    assert right.map.min() > 250


def test_what_is_missing_to_the_ratio_of_what_is_drawn_is_filled_as_in_the_extension() -> None:
    striped = Image.new("RGB", (60, 60), "red")
    striped.paste((255, 255, 255), (0, 0, 60, 20))
    part = Part((60, 60), (0, 0, 60, 40))
    made = prepare(unit(resize_mode="Just Resize"), 0, striped, None, 120, 120, part=part)
    assert (made.map[:55, :, 1] == 255).all()
    assert (made.map[65:] == (255, 0, 0)).all()


def test_a_scribbled_mask_is_cut_as_the_picture_would_be() -> None:
    part = Part((60, 40), (30, 0, 60, 40))
    made = prepare(unit(resize_mode="Just Resize"), 0, Image.new("RGB", (60, 40)), HALVES, 60, 80, part=part)
    assert made.map.shape == (80, 60, 3)
    assert made.map.min() > 250


def test_pixel_perfect_follows_the_part_as_it_is_drawn() -> None:
    part = Part((96, 64), (0, 0, 48, 32))
    made = prepare(unit(module="canny", pixel_perfect=True), 0, PHOTOGRAPH, None, 96, 64, part=part)
    assert made.map.shape == (64, 96, 3)
