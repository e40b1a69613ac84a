import cv2
import numpy as np
import pytest

from container.controlnet.fitting import fit
from container.controlnet.preprocessors import Pixels
from shared.controlnet import ResizeMode

MODES: list[ResizeMode] = ["Just Resize", "Crop and Resize", "Resize and Fill"]


def photograph(height: int, width: int) -> Pixels:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def edges() -> Pixels:
    map = np.zeros((64, 64, 3), np.uint8)
    cv2.line(map, (5, 5), (50, 60), (255, 255, 255))
    cv2.circle(map, (30, 30), 20, (255, 255, 255))
    return map


def disc() -> Pixels:
    map = np.zeros((64, 64, 3), np.uint8)
    cv2.circle(map, (32, 32), 20, (255, 255, 255), -1)
    return map


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("width", "height"), [(64, 64), (40, 96), (96, 40), (152, 88), (8, 8)])
@pytest.mark.parametrize("map", [photograph(50, 70), edges(), disc()], ids=["photograph", "edges", "disc"])
def test_a_map_is_of_the_size_that_it_is_fitted_to(map: Pixels, mode: ResizeMode, width: int, height: int) -> None:
    assert fit(map, mode, width, height).shape == (height, width, 3)


@pytest.mark.parametrize("mode", MODES)
def test_a_map_of_the_size_is_left_as_it_is(mode: ResizeMode) -> None:
    map = photograph(40, 56)
    assert np.array_equal(fit(map, mode, 56, 40), map)


def test_just_resize_shows_all_and_distorts() -> None:
    halves = np.zeros((40, 80, 3), np.uint8)
    halves[:, 40:] = 200
    fitted = fit(halves, "Just Resize", 40, 40)
    assert not fitted[:, :20].any()
    assert (fitted[:, 20:] == 200).all()


def test_crop_and_resize_shows_the_middle() -> None:
    thirds = np.zeros((40, 120, 3), np.uint8)
    thirds[:, :40], thirds[:, 40:80], thirds[:, 80:] = 10, 120, 250
    assert (fit(thirds, "Crop and Resize", 80, 80) == 120).all()


def test_resize_and_fill_shows_all_on_the_borders_colour() -> None:
    map = np.full((40, 120, 3), (10, 20, 30), np.uint8)
    map[10:30, 50:70] = 200
    fitted = fit(map, "Resize and Fill", 60, 60)
    assert (fitted[:20] == (10, 20, 30)).all()
    assert (fitted[40:] == (10, 20, 30)).all()
    assert (fitted[26:34, 27:33] == 200).all()


@pytest.mark.parametrize("size", [128, 96, 256])
def test_lines_stay_a_pixel_thin_when_they_are_enlarged(size: int) -> None:
    fitted = fit(edges(), "Just Resize", size, size)
    assert set(np.unique(fitted)) == {0, 255}
    thick = cv2.erode(fitted, np.ones((2, 2), np.uint8))
    assert np.count_nonzero(thick) < 0.12 * np.count_nonzero(fitted)  # where lines meet
    where = cv2.dilate(cv2.resize(edges(), (size, size), interpolation=cv2.INTER_NEAREST), np.ones((3, 3), np.uint8))
    assert where[fitted > 0].all()
    assert np.count_nonzero(fitted) > 0.8 * size / 64 * np.count_nonzero(edges())


def test_an_area_stays_black_and_white() -> None:
    fitted = fit(disc(), "Just Resize", 160, 160)
    assert set(np.unique(fitted)) == {0, 255}
    assert np.count_nonzero(fitted) / fitted.size == pytest.approx(np.count_nonzero(disc()) / disc().size, rel=0.03)


@pytest.mark.parametrize("size", [24, 100])
def test_colours_that_are_names_are_not_mixed(size: int) -> None:
    palette = np.array([(0, 0, 0), (120, 120, 80), (180, 5, 5), (6, 230, 230)], np.uint8)
    segments = palette[np.random.default_rng(0).integers(0, 4, (8, 8))].repeat(8, 0).repeat(8, 1)
    fitted = fit(segments, "Just Resize", size, size)
    assert {tuple(colour) for colour in fitted.reshape(-1, 3)} == {tuple(colour) for colour in palette}
