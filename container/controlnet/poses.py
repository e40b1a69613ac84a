"""People as their joints, and drawn as the pose annotator draws them: what OpenPose ControlNets are guided by."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from container.controlnet.preprocessors import Pixels
from shared.keypoints import POINTS, Keypoints

# COCO's order with the neck second: nose, neck; right shoulder, elbow, wrist; the left ones; right hip, knee, ankle;
# the left ones; eyes, ears. Limbs in the order in which OpenPose joins and colours them.
LIMBS = (
    (1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10), (1, 11), (11, 12), (12, 13), (1, 0),
    (0, 14), (14, 16), (0, 15), (15, 17),
)  # fmt: skip
COLOURS = (
    (255, 0, 0), (255, 85, 0), (255, 170, 0), (255, 255, 0), (170, 255, 0), (85, 255, 0), (0, 255, 0), (0, 255, 85),
    (0, 255, 170), (0, 255, 255), (0, 170, 255), (0, 85, 255), (0, 0, 255), (85, 0, 255), (170, 0, 255), (255, 0, 255),
    (255, 0, 170), (255, 0, 85),
)  # fmt: skip
_THICKNESS = 4  # pixels: half of a limb's width, and a joint's radius
_LIMB_BRIGHTNESS = 0.6


class Point(NamedTuple):
    """In pixels."""

    x: float
    y: float


Person = list[Point | None]  # each of the 18 joints, None if it is not seen


def people(keypoints: Keypoints) -> list[Person]:
    """The people in OpenPose's JSON, in pixels of its canvas."""
    rows = [np.reshape(person.pose_keypoints_2d, (POINTS, 3)) for person in keypoints.people]
    shares = all(np.abs(row[:, :2]).max() <= 1 for row in rows)
    scale = (keypoints.canvas_width, keypoints.canvas_height) if shares else (1, 1)
    return [[Point(x * scale[0], y * scale[1]) if seen > 0 else None for x, y, seen in row.tolist()] for row in rows]


def draw(people: Sequence[Person], width: int, height: int) -> Pixels:
    """Limbs as ellipses and joints as discs, each in its own colour, on black."""
    canvas = np.zeros((height, width, 3), np.uint8)
    for person in people:
        for (start, end), colour in zip(LIMBS, COLOURS, strict=False):
            a, b = person[start], person[end]
            if a and b:
                _limb(canvas, a, b, colour)
        for joint, colour in zip(person, COLOURS, strict=True):
            if joint:
                cv2.circle(canvas, (int(joint.x), int(joint.y)), _THICKNESS, colour, thickness=-1)
    return canvas


def _limb(canvas: Pixels, a: Point, b: Point, colour: tuple[int, int, int]) -> None:
    middle = int((a.x + b.x) / 2), int((a.y + b.y) / 2)
    half = int(math.dist(a, b) / 2)
    angle = int(math.degrees(math.atan2(a.y - b.y, a.x - b.x)))
    outline = np.array(cv2.ellipse2Poly(middle, (half, _THICKNESS), angle, 0, 360, 1))
    cv2.fillConvexPoly(canvas, outline, [int(_LIMB_BRIGHTNESS * channel) for channel in colour])
