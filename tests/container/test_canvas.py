from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from container.canvas import Canvas
from container.images import CROP_AND_RESIZE, resize
from shared.parameters import Img2ImgParameters

RED, GREEN = (255, 0, 0), (0, 128, 0)


def parameters(**fields: Any) -> Img2ImgParameters:
    return Img2ImgParameters(**{"init_images": ["a"], "width": 64, "height": 64} | fields)


def scene() -> Image.Image:
    """Noise of many colours."""
    return Image.fromarray(np.random.default_rng(0).integers(0, 255, (200, 300, 3), dtype=np.uint8))


def mask(*box: int, size: tuple[int, int] = (300, 200)) -> Image.Image:
    image = Image.new("L", size)
    ImageDraw.Draw(image).rectangle(box, fill=255)
    return image


def finished(canvas: Canvas) -> NDArray[np.uint8]:
    return np.asarray(canvas.finish(Image.new("RGB", canvas.image.size, GREEN)))


def test_without_a_mask_the_drawn_picture_is_the_whole() -> None:
    canvas = Canvas.stretch(scene(), None, parameters())
    assert canvas.image.size == (64, 64)
    assert (finished(canvas) == GREEN).all()


@pytest.mark.parametrize("padding", [0, 16])
def test_only_the_masked_part_is_drawn_at_full_size_and_put_back(padding: int) -> None:
    given = scene()
    canvas = Canvas.stretch(
        given, mask(100, 50, 149, 99), parameters(mask_blur=0, inpaint_full_res=True, inpaint_full_res_padding=padding)
    )
    assert canvas.box == (100 - padding, 50 - padding, 150 + padding, 100 + padding)
    assert canvas.image.size == (64, 64)
    whole = finished(canvas)
    assert whole.shape == (200, 300, 3)
    assert (whole[50:100, 100:150] == GREEN).all()
    untouched = np.ones((200, 300), bool)
    untouched[50:100, 100:150] = False
    assert (whole[untouched] == np.asarray(given)[untouched]).all()


def test_a_part_that_is_drawn_as_itself_comes_back_as_itself_where_its_ratio_is_another() -> None:
    across = np.tile(np.linspace(0, 255, 1024).astype(np.uint8), (512, 1))
    down = np.tile(np.linspace(0, 255, 512).astype(np.uint8), (1024, 1)).T
    given = Image.fromarray(np.stack([across, down, across], axis=2))
    strip = mask(0, 106, 1023, 405, size=given.size)
    canvas = Canvas.stretch(given, strip, parameters(width=512, height=512, mask_blur=0))
    assert canvas.box
    assert canvas.box.size == (1024, 512)
    assert np.abs(np.asarray(canvas.finish(canvas.image), int) - np.asarray(given)).mean() < 1


@pytest.mark.parametrize(
    ("size", "masked", "box"),
    [
        ((112, 80), (100, 50, 149, 80), (100, 48, 150, 83)),  # a height of 35.7 would match the ratio
        ((64, 128), (100, 50, 103, 60), (100, 50, 105, 61)),  # 5.5 wide
        ((128, 64), (290, 50, 299, 59), (280, 50, 300, 60)),  # moved back into the picture
        ((256, 64), (0, 0, 20, 99), (0, 0, 300, 100)),  # as wide as the picture is
    ],
)
def test_the_part_is_widened_one_way_to_the_whole_pixels_below_its_ratio_as_in_the_webui(
    size: tuple[int, int], masked: tuple[int, int, int, int], box: tuple[int, int, int, int]
) -> None:
    width, height = size
    assert Canvas.stretch(scene(), mask(*masked), parameters(width=width, height=height, mask_blur=0)).box == box


@pytest.mark.parametrize(("width", "height"), [(128, 64), (64, 128)])
@pytest.mark.parametrize("box", [(0, 0, 20, 20), (280, 180, 299, 199), (140, 10, 160, 190)])
def test_the_part_is_widened_to_the_ratio_within_the_picture(
    width: int, height: int, box: tuple[int, int, int, int]
) -> None:
    canvas = Canvas.stretch(scene(), mask(*box), parameters(width=width, height=height, mask_blur=0))
    assert canvas.box
    left, top, right, bottom = canvas.box
    assert left >= 0
    assert top >= 0
    assert right <= 300
    assert bottom <= 200
    assert left <= box[0] < box[2] < right
    assert top <= box[1] < box[3] < bottom
    assert (right - left) / (bottom - top) == pytest.approx(width / height, abs=0.1) or (
        right - left == 300 or bottom - top == 200
    )


def test_the_whole_picture_is_drawn_and_what_is_not_masked_laid_over() -> None:
    given = scene()
    half = mask(0, 0, 149, 199)
    canvas = Canvas.stretch(given, half, parameters(width=296, height=200, mask_blur=0, inpaint_full_res=False))
    whole = finished(canvas)
    assert whole.shape == (200, 296, 3)
    assert (whole[:, :140] == GREEN).all()
    assert (whole[:, 160:] == np.asarray(canvas.image)[:, 160:]).all()


@pytest.mark.parametrize(("grey", "share"), [(0, 0), (32, 0.25), (64, 0.5), (128, 1), (255, 1)])
def test_a_whole_pictures_soft_mask_lets_half_as_much_of_what_stays_shine_through(grey: int, share: float) -> None:
    """As in the WebUI: what is half masked is drawn anew wholly."""
    red, half = Image.new("RGB", (64, 64), RED), Image.new("L", (64, 64), grey)
    whole = finished(Canvas.stretch(red, half, parameters(inpaint_full_res=False, mask_blur=0)))
    assert np.abs(whole - (np.array(RED) * (1 - share) + np.array(GREEN) * share)).max() < 2


def test_an_inverted_mask_draws_the_rest() -> None:
    half = mask(0, 0, 149, 199)
    canvas = Canvas.stretch(
        scene(), half, parameters(width=296, height=200, inpaint_full_res=False, mask_blur=0, inpainting_mask_invert=1)
    )
    whole = finished(canvas)
    assert (whole[:, 160:] == GREEN).all()
    assert not (whole[:, :140] == GREEN).all()


@pytest.mark.parametrize("blur", [(8, 0), (0, 8), (0, 0), (3, 3)])
def test_a_mask_is_blurred_across_and_down_by_its_own(blur: tuple[int, int]) -> None:
    drawn = Canvas.stretch(
        Image.new("RGB", (304, 200)),
        mask(100, 50, 149, 149, size=(304, 200)),
        parameters(width=304, height=200, inpaint_full_res=False, mask_blur_x=blur[0], mask_blur_y=blur[1]),
    ).mask
    assert drawn
    levels = np.asarray(drawn)
    soft = len(np.unique(levels[100])) > 2, len(np.unique(levels[:, 125])) > 2
    assert soft == (blur[0] > 0, blur[1] > 0)


def test_a_mask_with_transparency_masks_by_it() -> None:
    sketch = Image.new("RGBA", (300, 200), (255, 255, 255, 0))
    ImageDraw.Draw(sketch).rectangle((100, 50, 149, 99), fill=(0, 0, 0, 255))
    assert Canvas.stretch(scene(), sketch, parameters(mask_blur=0)).box == (100, 50, 150, 100)


def test_what_is_half_transparent_is_masked_wholly_or_not_at_all() -> None:
    sketch = Image.new("RGBA", (300, 200), (255, 255, 255, 128))
    ImageDraw.Draw(sketch).rectangle((100, 50, 149, 99), fill=(0, 0, 0, 129))
    canvas = Canvas.stretch(scene(), sketch, parameters(mask_blur=0))
    assert canvas.box == (100, 50, 150, 100)
    assert (finished(canvas)[50:100, 100:150] == GREEN).all()


@pytest.mark.parametrize("inverted", [0, 1])
def test_a_mask_that_leaves_no_part_to_draw_alone_is_none(inverted: int) -> None:
    blank = Image.new("L", (300, 200), 255 * inverted)
    canvas = Canvas.stretch(scene(), blank, parameters(inpainting_mask_invert=inverted))
    assert canvas == Canvas.stretch(scene(), None, parameters())


def test_of_a_whole_picture_all_of_which_is_to_stay_all_stays() -> None:
    canvas = Canvas.stretch(scene(), Image.new("L", (300, 200)), parameters(inpaint_full_res=False))
    assert np.array_equal(finished(canvas), np.asarray(canvas.image))


def test_a_mask_of_another_size_is_blurred_at_its_own_and_brought_to_size_as_the_picture_is() -> None:
    small = mask(20, 20, 39, 59, size=(60, 80))
    options: dict[str, Any] = {"resize_mode": 1, "inpaint_full_res": False}
    found = Canvas.stretch(scene(), small, parameters(mask_blur=8, **options)).mask
    assert found
    soft = small.filter(ImageFilter.GaussianBlur(8))
    expected = resize(soft, 64, 64, CROP_AND_RESIZE)
    assert np.abs(np.asarray(found, int) - np.asarray(expected, int)).mean() < 3


def test_the_masked_part_may_begin_as_its_surroundings() -> None:
    given = Image.new("RGB", (64, 64), RED)
    given.paste((0, 0, 255), (24, 24, 40, 40))
    hole = mask(20, 20, 43, 43, size=(64, 64))
    canvas = Canvas.stretch(given, hole, parameters(inpaint_full_res=False, mask_blur=0))
    assert np.abs(np.asarray(canvas.filled).astype(int) - RED).max() < 40
    assert canvas.image.getpixel((32, 32)) == (0, 0, 255)


def test_without_surroundings_the_masked_part_begins_black() -> None:
    everything = Image.new("L", (300, 200), 255)
    canvas = Canvas.stretch(scene(), everything, parameters(inpaint_full_res=False, mask_blur=0))
    assert not np.asarray(canvas.filled).any()
