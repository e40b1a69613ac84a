"""The mask over a picture: painted, erased and taken back."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.console import Console
from tests.browser.pictures import mask_kept
from tests.waiting import eventually


@pytest.fixture
def mask(console: Console, triangle: Path) -> Locator:
    """The mask over a picture, with nothing painted yet."""
    console.open("img2img")
    console.page.locator(".workspace:visible input[type=file]").first.set_input_files(triangle)
    mask = console.page.locator("canvas.mask")
    expect(mask).to_be_visible()
    return mask


def _stroke(mask: Locator, place: int) -> str:
    """Paint a stroke, or erase with every fourth one; returns the mask after it."""
    mask.evaluate("canvas => canvas.scrollIntoView({block: 'center'})")
    page, box = mask.page, mask.bounding_box()
    assert box
    if place % 4 == 3:
        mask.press("e")
    x, y = box["x"] + 10 + 7 * place, box["y"] + 20 + 5 * place
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 25, steps=5)
    page.mouse.up()
    if place % 4 == 3:
        mask.press("e")
    return _pixels(mask)


def _pixels(mask: Locator) -> str:
    pixels: str = mask.evaluate("canvas => canvas.toDataURL()")
    return pixels


def test_strokes_are_taken_back_one_by_one_to_the_pixel(console: Console, mask: Locator) -> None:
    states = [_stroke(mask, place) for place in range(15)]
    console.page.get_by_role("button", name="Clear mask").click()
    states += [_pixels(mask), *(_stroke(mask, place) for place in range(16, 24))]
    assert len(set(states)) == 24
    for state in reversed(states[3:23]):
        mask.press("z")
        assert _pixels(mask) == state
    mask.press("z")
    assert _pixels(mask) == states[3]  # no more than twenty


def test_a_stroke_is_taken_back_from_a_mask_that_was_there_before_a_reload(console: Console, mask: Locator) -> None:
    before = _stroke(mask, 0)
    eventually(lambda: mask_kept(console.page), pause=0.1)
    console.page.reload()
    expect(mask).to_have_attribute("data-painted", "true")
    assert _stroke(mask, 8) != before
    mask.press("z")
    assert _pixels(mask) == before


def test_the_masks_keys_are_the_same_with_caps_lock(console: Console, mask: Locator) -> None:
    mask.press("Space")
    mask.press("E")
    expect(console.page.get_by_role("checkbox", name="Erase")).to_be_checked()
    mask.press("Z")
    expect(mask).to_have_attribute("data-painted", "false")


def test_only_the_first_button_paints(mask: Locator) -> None:
    before = _pixels(mask)
    mask.click(button="right", position={"x": 20, "y": 20})
    assert _pixels(mask) == before
    mask.click(position={"x": 20, "y": 20})
    assert _pixels(mask) != before


def test_a_brush_is_no_part_of_the_order(console: Console, mask: Locator) -> None:
    console.page.get_by_label("Brush", exact=True).fill("")
    expect(console.generate).to_be_enabled()
    mask.press("Space")
    expect(mask).to_have_attribute("data-painted", "true")


# How many pixels are in those canvases and pictures of canvases made by the page that have not been collected yet.
HELD = """() => {
    const made = [];
    const { getImageData } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.getImageData = function (...place) {
        const pixels = getImageData.apply(this, place);
        made.push(new WeakRef(pixels));
        return pixels;
    };
    const { OffscreenCanvas: Canvas } = window;
    window.OffscreenCanvas = function (...size) {
        const canvas = new Canvas(...size);
        made.push(new WeakRef(canvas));
        return canvas;
    };
    window.held = () => made.reduce((sum, each) => sum + (each.deref()?.width ?? 0) * (each.deref()?.height ?? 0), 0);
}"""


def test_a_mask_does_not_hold_all_of_itself_for_each_stroke(console: Console, mask: Locator, triangle: Path) -> None:
    console.page.add_init_script(f"({HELD})()")
    console.page.reload()
    expect(mask).to_be_visible()
    for place in range(12):
        _stroke(mask, place)
    console.page.request_gc()
    assert console.page.evaluate("held()") < 3 * mask.evaluate("canvas => canvas.width * canvas.height")
