"""A guiding map resized to the picture that it guides, so that lines stay lines and colours keep their meaning.

The methods are the ControlNet extension's, version 1.1.455.
"""

import cv2
import numpy as np

from container.controlnet.preprocessors import Pixels
from shared.controlnet import ResizeMode

_MOST_FLAT_COLOURS = 200  # of a map whose colours are labels, as a segmentation's are
# Patterns whose middle is removed: textbook thinning, each in four rotations. -1 is black, 0 either.
_THINNING = (((-1, -1, -1), (0, 1, 0), (1, 1, 1)), ((0, -1, -1), (1, 1, -1), (0, 1, 0)))
_MOST_THINNINGS = 32
_PRUNING = (((-1, -1, -1), (-1, 1, -1), (0, 0, -1)), ((-1, -1, -1), (-1, 1, -1), (-1, 0, 0)))  # ends of lines
_LINES = (((0, 0, 0), (1, 1, 1), (0, 0, 0)), ((0, 1, 0),) * 3, np.eye(3), np.fliplr(np.eye(3)))


def fit(map: Pixels, mode: ResizeMode, width: int, height: int) -> Pixels:
    """Distorted, cropped about its middle, or whole on a ground of its borders' median colour."""
    if mode == "Just Resize":
        return _resized(map, width, height)
    scales = height / map.shape[0], width / map.shape[1]
    scale = min(scales) if mode == "Resize and Fill" else max(scales)
    whole = _resized(map, round(map.shape[1] * scale), round(map.shape[0] * scale))
    above, left = abs(height - whole.shape[0]) // 2, abs(width - whole.shape[1]) // 2
    if mode == "Crop and Resize":
        return whole[above : above + height, left : left + width]
    filled = np.tile(_border_colour(map), (height, width, 1))
    filled[above : above + whole.shape[0], left : left + whole.shape[1]] = whole
    return filled


def _border_colour(map: Pixels) -> Pixels:
    borders = np.concatenate([map[0], map[-1], map[:, 0], map[:, -1]])
    return np.asarray(np.median(borders, axis=0), np.uint8)


def _resized(map: Pixels, width: int, height: int) -> Pixels:
    if map.shape[:2] == (height, width):
        return map
    colours = len(np.unique(map.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)))
    smaller = width * height < map.shape[0] * map.shape[1]
    interpolation = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    if 2 < colours < _MOST_FLAT_COLOURS:
        interpolation = cv2.INTER_NEAREST
    resized = np.asarray(cv2.resize(map, (width, height), interpolation=interpolation), np.uint8)
    if colours == 2 and map.min() < 16 and map.max() > 240:
        return _black_and_white(resized, _is_lines(map), prune=not smaller)
    return resized


def _is_lines(map: Pixels) -> bool:
    """Whether more than half of what is white is at most two pixels thin."""
    thick = cv2.morphologyEx(map, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    return bool(2 * np.count_nonzero(thick < map) > np.count_nonzero(map > 127))


def _black_and_white(blurred: Pixels, lines: bool, prune: bool) -> Pixels:
    grey = blurred.mean(axis=2).astype(np.uint8)
    if not lines:
        return np.stack([_otsu(grey)] * 3, axis=2)
    thin = _thin(_otsu(_ridges(grey)))
    return np.stack([_without(_PRUNING, thin) if prune else thin] * 3, axis=2)


def _otsu(grey: Pixels) -> Pixels:
    return np.asarray(cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)[1], np.uint8)


def _ridges(grey: Pixels) -> Pixels:
    """The pixels that are brightest among their neighbours in some direction, on black."""
    ridges = np.zeros_like(grey)
    for line in _LINES:
        brightest = cv2.dilate(grey, np.asarray(line, np.uint8)) == grey
        ridges[brightest] = grey[brightest]
    return ridges


def _thin(lines: Pixels) -> Pixels:
    """White lines, a pixel thin."""
    for _ in range(_MOST_THINNINGS):
        before, lines = lines, _without(_THINNING, lines)
        if np.array_equal(lines, before):
            break
    return lines


def _without(kernels: tuple[tuple[tuple[int, ...], ...], ...], lines: Pixels) -> Pixels:
    for turns in range(4):
        for kernel in kernels:
            turned = np.rot90(np.array(kernel, np.int8), turns)
            lines = lines - np.asarray(cv2.morphologyEx(lines, cv2.MORPH_HITMISS, turned), np.uint8)
    return lines
