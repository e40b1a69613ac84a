import numpy as np
import pytest
from PIL import Image

from container.images import CROP_AND_RESIZE, JUST_RESIZE, RESIZE_AND_FILL, grid, opaque, resize

RED, BLUE, GREEN = (255, 0, 0), (0, 0, 255), (0, 255, 0)
TRANSPOSE = Image.Transpose.TRANSPOSE


def halves(width: int, height: int) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image


def noise(width: int, height: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8))


@pytest.mark.parametrize("mode", [JUST_RESIZE, CROP_AND_RESIZE, RESIZE_AND_FILL])
@pytest.mark.parametrize("size", [(64, 128), (128, 64), (40, 40), (16, 200)])
def test_every_way_ends_at_the_size_asked_for(mode: int, size: tuple[int, int]) -> None:
    assert resize(halves(80, 60), *size, mode).size == size


def test_cropping_keeps_the_middle_undistorted() -> None:
    ring = Image.new("RGB", (120, 40), RED)
    ring.paste(BLUE, (40, 0, 80, 40))
    assert np.unique(np.asarray(resize(ring, 40, 40, CROP_AND_RESIZE))[:, 5:-5].reshape(-1, 3), axis=0).tolist() == [
        list(BLUE)
    ]


def test_filling_keeps_all_and_draws_its_borders_out() -> None:
    filled = np.asarray(resize(halves(40, 20), 40, 60, RESIZE_AND_FILL))
    assert (filled[:, 5] == RED).all()
    assert (filled[:, -5] == BLUE).all()


@pytest.mark.parametrize(
    ("mode", "inner", "place"), [(CROP_AND_RESIZE, (172, 64), (-54, 0)), (RESIZE_AND_FILL, (64, 23), (0, 21))]
)
@pytest.mark.parametrize("upright", [True, False])
def test_a_picture_is_resized_to_whole_pixels_and_laid_about_the_middle_as_the_webui_does(
    mode: int, inner: tuple[int, int], place: tuple[int, int], upright: bool
) -> None:
    photo = noise(100, 37)
    if upright:
        photo, inner, place = photo.transpose(TRANSPOSE), inner[::-1], place[::-1]
    expected = resize(photo, 64, 64, mode)
    expected.paste(photo.resize(inner, Image.Resampling.LANCZOS), place)
    assert resize(photo, 64, 64, mode).tobytes() == expected.tobytes()


def test_what_is_filled_is_one_colour_from_the_edge_on() -> None:
    filled = np.asarray(resize(noise(100, 37), 64, 64, RESIZE_AND_FILL))
    assert (filled[:21] == filled[0]).all()
    assert (filled[44:] == filled[44]).all()


def test_what_is_transparent_is_white_and_a_turned_photo_upright() -> None:
    clear = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    assert opaque(clear).getpixel((0, 0)) == (255, 255, 255)
    turned = halves(8, 4)
    exif = turned.getexif()
    exif[0x0112] = 6  # a quarter turn
    turned.info["exif"] = exif.tobytes()
    assert opaque(turned).size == (4, 8)


@pytest.mark.parametrize(
    ("count", "columns", "rows"),
    [(1, 1, 1), (2, 2, 1), (3, 2, 2), (4, 2, 2), (5, 3, 2), (6, 3, 2), (7, 3, 3), (8, 3, 3), (10, 4, 3)],
)
def test_a_grid_is_near_to_a_square_and_white_where_pictures_run_out(count: int, columns: int, rows: int) -> None:
    sheet = grid([Image.new("RGB", (8, 4), (1 + number, 0, 0)) for number in range(count)])
    assert sheet.size == (8 * columns, 4 * rows)
    reds = np.asarray(sheet)[::4, ::8, 0].flatten()
    assert reds.tolist() == [*range(1, count + 1)] + [255] * (columns * rows - count)
