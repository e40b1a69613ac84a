from typing import Any

import numpy as np
import pytest

from container.controlnet.poses import COLOURS, LIMBS, Person, Point, draw, people
from shared.keypoints import POINTS, Keypoints
from tests.container.controlnets import STANDING, standing


def read(points: list[list[float]], **fields: Any) -> list[Person]:
    flat = [number for point in points for number in point]
    canvas = {"canvas_width": 256, "canvas_height": 512}
    return people(Keypoints.model_validate({"people": [{"pose_keypoints_2d": flat}], **canvas}))


def test_a_joint_is_a_disc_of_its_colour() -> None:
    pose = draw([standing()], 256, 256)
    for joint, colour in zip(STANDING, COLOURS, strict=True):
        assert tuple(pose[int(joint.y), int(joint.x)]) == colour


def test_a_limb_is_a_darker_ellipse_of_its_colour() -> None:
    pose = draw([standing()], 256, 256)
    for (start, end), colour in zip(LIMBS, COLOURS, strict=False):
        x, y = ((a + b) / 2 for a, b in zip(STANDING[start], STANDING[end], strict=True))
        assert tuple(pose[int(y), int(x)]) == tuple(int(0.6 * channel) for channel in colour)


def test_people_are_drawn_alike_beside_each_other() -> None:
    pose = draw([standing(), standing(256)], 512, 256)
    assert np.array_equal(pose[:, :250], pose[:, 256:506])
    assert pose[:, :250].any()


def test_a_joint_that_is_not_seen_is_left_out_with_its_limbs() -> None:
    person = standing()
    person[4] = None
    missing = (draw([standing()], 256, 256) != draw([person], 256, 256)).any(axis=2)
    rows, columns = np.nonzero(missing)
    assert rows.min() > 105  # the forearm and the hand, nothing else
    assert columns.max() < 90
    assert missing[150, 70]


def test_nobody_is_a_black_picture() -> None:
    pose = draw([], 64, 32)
    assert pose.shape == (32, 64, 3)
    assert not pose.any()


def test_a_joint_beside_the_picture_does_no_harm() -> None:
    assert draw([standing(-8000)], 256, 256).shape == (256, 256, 3)


def test_keypoints_are_pixels_of_their_canvas() -> None:
    assert read([[100, 200, 1]] * POINTS) == [[Point(100, 200)] * POINTS]


def test_keypoints_below_one_are_shares_of_their_canvas() -> None:
    assert read([[0.5, 0.25, 1]] * POINTS) == [[Point(128, 128)] * POINTS]


@pytest.mark.parametrize("confidence", [0.3, 1])
def test_a_confidence_of_zero_is_a_joint_that_is_not_seen(confidence: float) -> None:
    (person,) = read([[100, 200, confidence], *[[0.0, 0.0, 0.0]] * (POINTS - 1)])
    assert person == [Point(100, 200), *[None] * (POINTS - 1)]
