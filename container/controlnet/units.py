"""A unit's picture made into what its model is shown."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, get_args

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from container.controlnet import poses, preprocessors
from container.controlnet.fitting import fit
from container.controlnet.poses import Person
from container.controlnet.preprocessors import Pixels
from container.failures import Failure
from container.images import RESIZE_AND_FILL, opaque, resize
from shared.controlnet import NO_MODEL, ResizeMode, Unit

FindPeople = Callable[[Pixels], list[Person]]


class UnusableUnit(Failure):
    """A unit lacks what it needs."""


class Part(NamedTuple):
    """The part of an init image that is drawn alone (the WebUI's "Only masked").

    `whole` is the init image's width and height, `box` the part's left, top, right and bottom in it.
    """

    whole: tuple[int, int]
    box: tuple[int, int, int, int]


@dataclass(frozen=True)
class Guide:
    """The map of a unit, in the preprocessor's size; each pass of a hires fix has it fitted to its own."""

    map: Pixels
    mode: ResizeMode

    def picture(self, width: int, height: int) -> Image.Image:
        """The map as the model is shown it."""
        return Image.fromarray(fit(self.map, self.mode, width, height))

    def hint(self, width: int, height: int) -> Tensor:
        """The same as (1, RGB, row, column) from 0 to 1."""
        pixels = torch.tensor(fit(self.map, self.mode, width, height))
        return pixels.permute(2, 0, 1)[None].float() / 255


def prepare(
    unit: Unit,
    place: int,
    image: Image.Image | None,
    mask: Image.Image | None,
    width: int,
    height: int,
    find_people: FindPeople | None = None,
    part: Part | None = None,
) -> Guide:
    """The guide of the unit at `place` in the order, for a picture of `width` and `height` (its first pass).

    `image` and `mask` are the unit's; if it has none, an img2img's init image stands in. If `part` is given, only that
    part of them guides. `find_people` is an OpenPose detector, if the operator uploaded one. Raises UnusableUnit.
    """
    if unit.model == NO_MODEL:
        raise _unusable(place, "names no model", "Set its `model` to a ControlNet that GET /models lists")
    if unit.keypoints:
        canvas = unit.keypoints.canvas_width, unit.keypoints.canvas_height
        return Guide(poses.draw(poses.people(unit.keypoints), *canvas), unit.resize_mode)
    picture = _picture(place, image, mask)
    if part:
        picture = _cut(picture, unit.resize_mode, part, width, height)
    resolution = preprocessors.resolution(unit, picture, width, height)
    if unit.module != "openpose":
        found = preprocessors.detect(unit.module, picture, resolution, unit.threshold_a, unit.threshold_b)
        return Guide(found, unit.resize_mode)
    if not find_people:
        way_out = (
            "Have body_pose_model.pth uploaded as a `detector`, send `keypoints`, or a drawn pose with module none"
        )
        raise _unusable(place, "asks for openpose, and no detector is there", way_out)
    seen = preprocessors.resized(picture, resolution)
    return Guide(poses.draw(find_people(seen), seen.shape[1], seen.shape[0]), unit.resize_mode)


def _picture(place: int, image: Image.Image | None, mask: Image.Image | None) -> Pixels:
    if not image:
        raise _unusable(place, "has no picture", "Send an `image` or `keypoints`")
    if mask:
        scribble = np.asarray(mask.convert("RGB"))[:, :, 0]
        if mask.size != image.size:
            sizes = f"has a mask of {mask.width}x{mask.height} to a picture of {image.width}x{image.height}"
            raise _unusable(place, sizes, "Send both in one size")
        if not (scribble <= 5).all() and not (scribble >= 250).all():  # a scribble on the extension's canvas
            return np.stack([scribble] * 3, axis=2)
    return np.asarray(opaque(image))


def _cut(picture: Pixels, mode: ResizeMode, part: Part, width: int, height: int) -> Pixels:
    """What guides a part that is drawn alone, in the size that it is drawn at."""
    whole = resize(Image.fromarray(picture), *part.whole, get_args(ResizeMode).index(mode))
    return np.asarray(resize(whole.crop(part.box), width, height, RESIZE_AND_FILL))


def _unusable(place: int, cause: str, way_out: str) -> UnusableUnit:
    return UnusableUnit(f"ControlNet unit {place} {cause}. {way_out}, or switch the unit off.")
