"""Preprocessors that make a guiding map of a picture by arithmetic alone, as the ControlNet extension 1.1.455 does.

Meanings, resolutions, ranges and defaults are the extension's. Pixels are (row, column, RGB) from 0 to 255.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from shared.controlnet import Preprocessor, Unit

Pixels = NDArray[np.uint8]


class Slider(NamedTuple):
    """A setting's range; a value outside it, such as -1, stands for the default."""

    least: float
    most: float
    default: float

    def read(self, value: float) -> float:
        return value if self.least <= value <= self.most else self.default


_RESOLUTION = Slider(64, 2048, 512)
_NONE = Slider(0, 1, 0.5)  # the extension's, for a setting that a preprocessor lacks


def resolution(unit: Unit, picture: Pixels, width: int, height: int) -> int:
    """The shorter side, in pixels, that the picture is resized to; `width` and `height` are of the picture to draw."""
    if not unit.pixel_perfect:
        return int(_RESOLUTION.read(unit.processor_res))
    rows, columns = picture.shape[:2]
    inside = unit.resize_mode == "Resize and Fill"
    scale = (min if inside else max)(height / rows, width / columns)
    shorter: int = round(scale * min(rows, columns))
    return shorter


def detect(module: Preprocessor, picture: Pixels, resolution: int, a: float = -1, b: float = -1) -> Pixels:
    """The map of any preprocessor but "openpose"; `a` and `b` are its thresholds."""
    preprocessor = _PREPROCESSORS[module]
    settings = [slider.read(value) for slider, value in zip(preprocessor.sliders, (a, b), strict=False)]
    if not preprocessor.resized:
        return preprocessor.run(picture, *settings)
    small = resized(picture, resolution)
    return preprocessor.run(_padded(small), *settings)[: small.shape[0], : small.shape[1]]


class Settings(NamedTuple):
    """A preprocessor's resolution and its two thresholds."""

    resolution: float
    a: float
    b: float


def settings(unit: Unit) -> Settings:
    """What the unit's numbers stand for, including those that its preprocessor ignores."""
    own = () if unit.module == "openpose" else _PREPROCESSORS[unit.module].sliders
    a, b, *_ = (*own, _NONE, _NONE)
    resolution = _NONE if unit.module == "invert" else _RESOLUTION
    return Settings(resolution.read(unit.processor_res), a.read(unit.threshold_a), b.read(unit.threshold_b))


def resized(picture: Pixels, resolution: int) -> Pixels:
    """With a shorter side of `resolution`."""
    height, width = picture.shape[:2]
    scale = resolution / min(height, width)
    size = (round(width * scale), round(height * scale))
    return _uint8(cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA))


def _padded(picture: Pixels) -> Pixels:
    """Padded to multiples of 64 with its own border, so that filters see the same beyond the edge as the extension."""
    below, beside = (-side % 64 for side in picture.shape[:2])
    return np.pad(picture, ((0, below), (0, beside), (0, 0)), mode="edge")


def _none(picture: Pixels) -> Pixels:
    return picture


def _invert(picture: Pixels) -> Pixels:
    return 255 - picture


def _canny(picture: Pixels, low: float, high: float) -> Pixels:
    return _grey(cv2.Canny(picture, int(low), int(high)))


def _threshold(picture: Pixels, least: float) -> Pixels:
    return _black_and_white(picture.min(axis=2) > least)


def _blur_gaussian(picture: Pixels, sigma: float) -> Pixels:
    return _uint8(cv2.GaussianBlur(picture, (0, 0), sigma))


def _tile_resample(picture: Pixels, down_sampling: float) -> Pixels:
    if down_sampling < 1.1:
        return picture
    height, width = (max(1, int(side / down_sampling)) for side in picture.shape[:2])
    return _uint8(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA))


def _scribble_xdog(picture: Pixels, least: float) -> Pixels:
    """White where the picture is darker than its surroundings, by a difference of two blurs."""
    floats = picture.astype(np.float32)
    darker = np.min(cv2.GaussianBlur(floats, (0, 0), 5.0) - cv2.GaussianBlur(floats, (0, 0), 0.5), axis=2)
    return _black_and_white(2 * np.ceil(darker) > least)


def _lineart_standard(picture: Pixels) -> Pixels:
    """White where the picture is darker than its surroundings, the median line at half strength."""
    floats = picture.astype(np.float32)
    darker = np.min(cv2.GaussianBlur(floats, (0, 0), 6.0) - floats, axis=2).clip(0, 255)
    lines = darker[darker > 8]
    middling = float(np.median(lines)) if lines.size else 0
    return _grey((darker * 127 / max(16, middling)).clip(0, 255).astype(np.uint8))


def _black_and_white(white: NDArray[np.bool_]) -> Pixels:
    return _grey(white.astype(np.uint8) * 255)


def _grey(values: cv2.typing.MatLike) -> Pixels:
    return _uint8(np.stack([values] * 3, axis=2))


def _uint8(pixels: cv2.typing.MatLike) -> Pixels:
    return np.asarray(pixels, np.uint8)


class _Preprocessor(NamedTuple):
    run: Callable[..., Pixels]
    sliders: tuple[Slider, ...] = ()
    resized: bool = True


_PREPROCESSORS: Mapping[Preprocessor, _Preprocessor] = {
    "none": _Preprocessor(_none, resized=False),
    "invert": _Preprocessor(_invert, resized=False),
    "canny": _Preprocessor(_canny, (Slider(1, 255, 100), Slider(1, 255, 200))),
    "threshold": _Preprocessor(_threshold, (Slider(0, 255, 127),)),
    "blur_gaussian": _Preprocessor(_blur_gaussian, (Slider(0.01, 64, 9),)),
    "tile_resample": _Preprocessor(_tile_resample, (Slider(1, 8, 1),), resized=False),
    "scribble_xdog": _Preprocessor(_scribble_xdog, (Slider(1, 64, 32),)),
    "lineart_standard": _Preprocessor(_lineart_standard),
}
