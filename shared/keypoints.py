"""Poses as keypoints: OpenPose's JSON, as the openpose editor sends it and OpenPose itself writes it."""

import json
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

POINTS = 18  # of a body, in COCO's order with the neck second

# As far as a picture's longest side goes, and as far again outside it. Rounded, since a record holds them.
_Number = Annotated[float, Field(ge=-8192, le=8192), AfterValidator(lambda number: round(number, 3))]


class Person(BaseModel):
    """`pose_keypoints_2d` is x, y and confidence of each point; a confidence of 0 means that the point is not seen.

    x and y are pixels of the canvas, or shares of it where nobody's lie beyond 1.
    """

    model_config = ConfigDict(frozen=True)

    pose_keypoints_2d: list[_Number] = Field(min_length=3 * POINTS, max_length=3 * POINTS)


class Keypoints(BaseModel):
    model_config = ConfigDict(frozen=True)

    people: list[Person]
    canvas_width: int = Field(ge=64, le=4096)
    canvas_height: int = Field(ge=64, le=4096)


def _read(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise ValueError("This is no JSON.") from None


ReadKeypoints = Annotated[Keypoints, BeforeValidator(_read)]
