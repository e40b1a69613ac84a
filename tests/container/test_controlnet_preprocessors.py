from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from container.controlnet.preprocessors import Pixels, detect, resized, resolution
from shared.controlnet import Unit


def noise(height: int, width: int) -> Pixels:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def drawing(size: int = 128) -> Pixels:
    """A black line on white."""
    picture = np.full((size, size, 3), 255, np.uint8)
    cv2.line(picture, (20, 20), (100, 60), (0, 0, 0), 3)
    return picture


def white(map: Pixels) -> NDArray[np.bool_]:
    return np.asarray(map[:, :, 0] > 127)


def asked(**fields: Any) -> int:
    return resolution(Unit(**fields), np.zeros((300, 400, 3), np.uint8), width=512, height=768)


def test_canny_finds_opencvs_edges() -> None:
    picture = noise(128, 192)
    edges = detect("canny", picture, 128, 30, 220)
    assert edges.shape == picture.shape
    assert np.array_equal(edges[:, :, 0], cv2.Canny(picture, 30, 220))
    assert set(np.unique(edges)) == {0, 255}


def test_a_picture_goes_on_as_it_ends_for_whole_blocks_of_64() -> None:
    picture = noise(100, 150)
    whole = cv2.copyMakeBorder(picture, 0, 28, 0, 42, cv2.BORDER_REPLICATE)
    assert np.array_equal(detect("canny", picture, 100)[:, :, 0], cv2.Canny(whole, 100, 200)[:100, :150])


def test_canny_is_of_the_resolution_that_is_asked_for() -> None:
    picture = noise(100, 200)
    small = cv2.resize(picture, (128, 64), interpolation=cv2.INTER_AREA)
    assert np.array_equal(detect("canny", picture, 64)[:, :, 1], cv2.Canny(small, 100, 200))
    assert detect("canny", noise(100, 150), 64).shape == (64, 96, 3)


@pytest.mark.parametrize(("a", "b"), [(-1, -1), (0, 256), (100, 200), (300, -1)])
def test_a_threshold_out_of_its_range_is_the_default(a: float, b: float) -> None:
    picture = cv2.GaussianBlur(noise(128, 128), (0, 0), 2).astype(np.uint8)
    assert np.array_equal(detect("canny", picture, 128, a, b), detect("canny", picture, 128, 100, 200))


def test_lower_thresholds_find_more_edges() -> None:
    picture = np.asarray(cv2.GaussianBlur(noise(128, 128), (0, 0), 2), np.uint8)
    assert detect("canny", picture, 128, 10, 40).sum() > detect("canny", picture, 128, 60, 120).sum()


def test_none_is_the_picture_and_invert_its_negative() -> None:
    picture = noise(40, 60)
    assert np.array_equal(detect("none", picture, 512), picture)
    assert np.array_equal(detect("invert", picture, 512), 255 - picture)


def test_threshold_is_white_where_every_channel_is_brighter() -> None:
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[:, 32:] = (100, 200, 255)
    assert not detect("threshold", picture, 64, 100).any()
    assert np.array_equal(white(detect("threshold", picture, 64, 99)), picture[:, :, 0] > 0)
    assert not detect("threshold", picture, 64).any()  # at 127


def test_blur_gaussian_evens_out_the_more_the_larger_its_sigma() -> None:
    picture = noise(64, 64)
    spreads = [detect("blur_gaussian", picture, 64, sigma).std() for sigma in (0.01, 1, 4)]
    assert spreads == sorted(spreads, reverse=True)
    assert abs(detect("blur_gaussian", picture, 64).mean() - picture.mean()) < 2


@pytest.mark.parametrize(("rate", "size"), [(-1, (60, 90)), (1, (60, 90)), (2, (30, 45)), (8, (7, 11))])
def test_tile_resample_shrinks_by_its_rate(rate: float, size: tuple[int, int]) -> None:
    assert detect("tile_resample", noise(60, 90), 512, rate).shape[:2] == size


def test_scribble_xdog_and_lineart_are_white_along_dark_lines_alone() -> None:
    picture = drawing()
    far = cv2.erode(picture, np.ones((41, 41), np.uint8))[:, :, 0] > 127
    for lines in (detect("scribble_xdog", picture, 128), detect("lineart_standard", picture, 128)):
        assert lines[40, 60].min() > 100
        assert not lines[far].any()


def test_scribble_xdog_is_stricter_at_a_higher_threshold() -> None:
    picture = np.asarray(cv2.GaussianBlur(noise(128, 128), (0, 0), 1), np.uint8)
    low, high = white(detect("scribble_xdog", picture, 128, 8)), white(detect("scribble_xdog", picture, 128, 48))
    assert low.sum() > high.sum() > 0
    assert not (high & ~low).any()


def test_lineart_of_a_blank_sheet_is_black() -> None:
    assert not detect("lineart_standard", np.full((64, 64, 3), 255, np.uint8), 64).any()


@pytest.mark.parametrize(("asked_for", "used"), [(-1, 512), (63, 512), (64, 64), (2048, 2048), (4096, 512)])
def test_a_resolution_out_of_its_range_is_the_default(asked_for: int, used: int) -> None:
    assert asked(processor_res=asked_for) == used


@pytest.mark.parametrize(("mode", "used"), [("Crop and Resize", 768), ("Just Resize", 768), ("Resize and Fill", 384)])
def test_pixel_perfect_looks_at_the_picture_in_the_size_in_which_it_guides(mode: str, used: int) -> None:
    assert asked(pixel_perfect=True, processor_res=64, resize_mode=mode) == used


def test_the_shorter_side_is_brought_to_the_resolution() -> None:
    assert resized(noise(30, 50), 60).shape == (60, 100, 3)
    assert resized(noise(50, 30), 15).shape == (25, 15, 3)
