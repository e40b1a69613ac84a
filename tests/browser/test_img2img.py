"""From a picture to a picture, and guided by one."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from PIL import Image, ImageStat
from playwright.sync_api import Locator, Page, expect

from tests.browser.console import Console
from tests.browser.test_shell import kept
from tests.browser.test_txt2img import drop
from tests.e2e.user import User
from tests.waiting import eventually

Pictured = Callable[[str], None]

# Whether the browser has stored the mask, which it does when it has the time.
KEPT = """() => new Promise((resolve) => {
    const opening = indexedDB.open("generate-on-cloud");
    opening.onsuccess = () => {
        const keys = opening.result.transaction("pictures").objectStore("pictures").getAllKeys();
        keys.onsuccess = () => resolve(keys.result.some((key) => key.endsWith("/img2img-mask")));
    };
})"""


def test_a_picture_is_sent_to_img2img_masked_and_drawn_anew_under_the_mask_alone(
    console: Console, pictured: Pictured, user: User
) -> None:
    first = user.job(console.drawn(steps=6))
    console.press("Send to img2img")
    console.until_loaded(console.page.get_by_alt_text("Picture to begin with, as chosen"))
    mask = console.page.locator("canvas.mask")
    box = mask.bounding_box()
    assert box
    x, y = box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.25
    console.page.mouse.move(x, y)
    console.page.mouse.down()
    console.page.mouse.move(x + box["width"] * 0.2, y, steps=4)
    console.page.mouse.up()
    mask.focus()
    for key in ("ArrowDown", "ArrowDown", "Space"):
        console.page.keyboard.press(key)
    expect(mask).to_have_attribute("data-painted", "true")
    pictured("img2img")
    console.page.get_by_text("Mask: how it is used").click()
    console.fill(denoising_strength=1, mask_blur=0, prompt="a red square on a green background")
    second = user.job(console.drawn())
    assert second["task"] == "img2img"
    before, after = (_picture(job["images"][0]["url"]) for job in (first, second))
    corner = (100, 100, 128, 128)  # no stroke came near it
    masked = (20, 20, 50, 40)
    assert (
        _difference(before.crop(corner), after.crop(corner)) < 12 < _difference(before.crop(masked), after.crop(masked))
    )


def _picture(url: str) -> Image.Image:
    return Image.open(BytesIO(httpx.get(url).content)).convert("RGB")


def _difference(one: Image.Image, other: Image.Image) -> float:
    """The largest difference between the mean colours."""
    return max(abs(a - b) for a, b in zip(ImageStat.Stat(one).mean, ImageStat.Stat(other).mean, strict=True))


def test_controlnet_draws_along_the_lines_of_a_real_picture(
    console: Console, pictured: Pictured, triangle: Path, user: User
) -> None:
    unit = console.switch_controlnet_on()
    expect(console.said).to_contain_text("ControlNet unit 0: choose a model.")
    drop(console.page, ".workspace:visible .unit .picture", triangle)
    unit.get_by_label("Preprocessor", exact=True).select_option("canny")
    unit.get_by_label("Model", exact=True).select_option("canny")
    unit.get_by_label("Pixel perfect").check()
    unit.get_by_role("button", name="Preview the map").click()
    console.until_loaded(unit.get_by_alt_text("Detected map"))
    pictured("controlnet")
    id = console.drawn(prompt="a cyan triangle on a black background", steps=8)
    expect(console.output.locator(".thumbnails button")).to_have_count(2)
    expect(console.output.get_by_label("Show the control map, canny")).to_be_visible()
    unit_ordered = user.job(id)["parameters"]["alwayson_scripts"]["controlnet"]["args"][0]
    assert unit_ordered["model"] == "canny"
    assert unit_ordered["threshold_b"] == -1


def test_form_pictures_mask_and_the_chosen_job_survive_a_reload(console: Console, triangle: Path) -> None:
    id = console.drawn(steps=3, prompt="a circle that is kept", seed=11)
    console.open("img2img")
    console.page.locator(".workspace:visible input[type=file]").first.set_input_files(triangle)
    mask = console.page.locator("canvas.mask")
    mask.press("Space")
    expect(mask).to_have_attribute("data-painted", "true")
    console.switch_controlnet_on()
    eventually(lambda: console.page.evaluate(KEPT), pause=0.1)
    console.page.reload()
    expect(console.output.locator(".job-name")).to_contain_text(id)
    expect(mask).to_have_attribute("data-painted", "true")
    expect(console.page.get_by_label("Enable unit 0").locator("visible=true")).to_be_checked()
    console.open("txt2img")
    expect(console.page.locator(".workspace:visible [name=prompt]")).to_have_value("a circle that is kept")
    expect(console.field("Seed")).to_have_value("11")


def test_what_is_no_picture_says_so(console: Console, tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"\x89PNG nothing behind it")
    console.open("img2img")
    expect(console.said).to_have_text("Choose a picture to begin with.")
    console.page.locator(".workspace:visible input[type=file]").first.set_input_files(tmp_path / "broken.png")
    expect(console.page.get_by_text("This is no picture that the browser can read;")).to_be_visible()


def _drop(page: Page, name: str, type: str, content: bytes) -> None:
    """Drop a file outside of every field."""
    transfer = page.evaluate_handle(
        """([bytes, name, type]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], name, {type}));
            return transfer;
        }""",
        [list(content), name, type],
    )
    page.dispatch_event("main", "drop", {"dataTransfer": transfer})


def _drawn(format: str, width: int, height: int) -> bytes:
    content = BytesIO()
    Image.new("RGB", (width, height), "red").save(content, format)
    return content.getvalue()


def test_a_dropped_picture_of_another_format_is_drawn_from(console: Console) -> None:
    _drop(console.page, "red.gif", "image/gif", _drawn("GIF", 64, 64))
    console.page.get_by_role("dialog").get_by_role("button", name="Send to img2img").click()
    console.until_loaded(console.page.get_by_alt_text("Picture to begin with, as chosen"))
    console.drawn(steps=2, prompt="a circle")


def test_a_dropped_picture_that_is_too_large_is_made_smaller(console: Console) -> None:
    _drop(console.page, "wide.jpg", "image/jpeg", _drawn("JPEG", 8192, 1024))
    console.page.get_by_role("dialog").get_by_role("button", name="Send to img2img").click()
    picture = console.page.get_by_alt_text("Picture to begin with, as chosen")
    console.until_loaded(picture)
    assert picture.evaluate("picture => [picture.naturalWidth, picture.naturalHeight]") == [4096, 512]


def test_what_is_dropped_and_is_no_picture_says_so(console: Console) -> None:
    for name, type, reason in [
        ("broken.png", "image/png", "choose a PNG, JPEG or WebP"),
        ("notes.txt", "text/plain", "Drop a PNG, JPEG or WebP"),
        ("model.safetensors", "", "a model is uploaded on the tab Models"),
    ]:
        _drop(console.page, name, type, b"nothing to look at")
        dialog = console.page.get_by_role("dialog", name=name)
        expect(dialog).to_contain_text(reason)
        dialog.get_by_role("button", name="Close").click()
        expect(dialog).to_have_count(0)


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
    eventually(lambda: console.page.evaluate(KEPT), pause=0.1)
    console.page.reload()
    expect(mask).to_have_attribute("data-painted", "true")
    assert _stroke(mask, 8) != before
    mask.press("z")
    assert _pixels(mask) == before


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


def test_of_two_pictures_the_one_taken_last_stays(console: Console, triangle: Path, tmp_path: Path) -> None:
    """Even if the first one, which is large, is done being read after it."""
    Image.effect_noise((6000, 4000), 90).save(tmp_path / "large.png")
    console.open("img2img")
    files = console.page.locator(".workspace:visible input[type=file]").first
    files.set_input_files(tmp_path / "large.png")
    files.set_input_files(triangle)
    picture = console.page.get_by_alt_text("Picture to begin with, as chosen")
    console.until_loaded(picture)
    console.page.wait_for_timeout(5_000)
    assert picture.evaluate("picture => picture.naturalWidth") < 4096
    expect(console.page.locator("canvas.mask")).to_be_visible()


def test_a_mask_does_not_hold_all_of_itself_for_each_stroke(console: Console, mask: Locator, triangle: Path) -> None:
    console.page.add_init_script(f"({HELD})()")
    console.page.reload()
    expect(mask).to_be_visible()
    for place in range(12):
        _stroke(mask, place)
    console.page.request_gc()
    assert console.page.evaluate("held()") < 3 * mask.evaluate("canvas => canvas.width * canvas.height")


def test_a_refusal_stands_beside_the_field_of_the_task_that_is_shown(console: Console, triangle: Path) -> None:
    console.open("img2img")
    console.page.locator(".workspace:visible input[type=file]").first.set_input_files(triangle)
    console.fill(prompt="a circle <lora:outlinde:1>")
    console.generate.click()
    prompt = console.page.locator(".workspace:visible [data-field='parameters.prompt']")
    expect(prompt.get_by_role("alert")).to_contain_text("There is no lora 'outlinde'")


def test_every_controlnet_unit_is_there_after_a_reload(console: Console) -> None:
    console.switch_controlnet_on()
    add = console.page.get_by_role("button", name="Add a unit").locator("visible=true")
    add.click()
    units = console.page.get_by_role("form", name="ControlNet unit").locator("visible=true")
    expect(units).to_have_count(2)
    console.page.reload()
    expect(units).to_have_count(2)


def test_a_picture_is_brought_to_another_shape_as_its_resize_mode_says(
    console: Console, triangle: Path, user: User
) -> None:
    console.open("img2img")
    console.page.locator(".workspace:visible input[type=file]").first.set_input_files(triangle)
    console.page.locator(".beginning").get_by_label("Resize mode").select_option("Resize and fill")
    job = user.job(console.drawn(prompt="a circle", width=192, height=64, steps=2))
    assert job["parameters"]["resize_mode"] == 2
    assert (job["images"][0]["width"], job["images"][0]["height"]) == (192, 64)


def test_a_unit_without_a_picture_is_guided_by_the_one_to_begin_with(
    console: Console, triangle: Path, user: User
) -> None:
    console.open("img2img")
    console.page.locator(".workspace:visible input[type=file]").first.set_input_files(triangle)
    unit = console.switch_controlnet_on()
    expect(unit.get_by_text("Without one, the picture to begin with guides")).to_be_visible()
    unit.get_by_label("Preprocessor", exact=True).select_option("canny")
    unit.get_by_label("Model", exact=True).select_option("canny")
    unit.get_by_role("button", name="Preview the map").click()
    console.until_loaded(unit.get_by_alt_text("Detected map"))
    job = user.job(console.drawn(prompt="a circle", steps=2, width=64, height=64))
    assert job["parameters"]["alwayson_scripts"]["controlnet"]["args"][0]["image"] is None
    assert [extra["kind"] for extra in job["extra_images"]] == ["control_map"]


def _units(console: Console) -> Locator:
    return console.page.get_by_role("form", name="ControlNet unit").locator("visible=true")


def _add_unit(console: Console) -> None:
    console.page.get_by_role("button", name="Add a unit").locator("visible=true").click()


def _guiding_pictures(console: Console) -> int:
    return sum("txt2img-unit" in name for name in kept(console.page))


def test_a_unit_that_is_removed_stays_away_and_the_others_keep_what_they_hold(
    console: Console, triangle: Path, pictured: Pictured
) -> None:
    console.switch_controlnet_on()
    _add_unit(console)
    _add_unit(console)
    units = _units(console)
    for place, weight in enumerate(("0.25", "0.5", "1.75")):
        units.nth(place).get_by_label(f"Enable unit {place}").check()
        units.nth(place).get_by_label("Control weight", exact=True).fill(weight)
        units.nth(place).locator("input[type=file]").set_input_files(triangle)
    eventually(lambda: _guiding_pictures(console) == 3, pause=0.1)
    pictured("units")
    units.nth(1).get_by_role("button", name="Remove unit 1").press("Enter")
    expect(units.nth(1).get_by_label("Enable unit 1")).to_be_focused()
    eventually(lambda: _guiding_pictures(console) == 2, pause=0.1)
    for reload in (lambda: None, console.page.reload):
        reload()
        expect(units).to_have_count(2)
        for place, weight in enumerate(("0.25", "1.75")):
            expect(units.nth(place).get_by_label("Control weight", exact=True)).to_have_value(weight)
            console.until_loaded(units.nth(place).get_by_alt_text("Picture, as chosen"))


def test_the_only_unit_is_there_to_stay(console: Console) -> None:
    console.switch_controlnet_on()
    remove = console.page.get_by_role("button", name="Remove unit").locator("visible=true")
    expect(remove).to_have_count(0)
    _add_unit(console)
    expect(remove).to_have_count(2)
    remove.last.click()
    expect(remove).to_have_count(0)
    expect(_units(console)).to_have_count(1)


def test_what_a_removed_unit_lacks_is_no_reason_any_more(console: Console) -> None:
    console.switch_controlnet_on()
    _add_unit(console)
    expect(console.generate).to_be_disabled()
    console.page.get_by_role("button", name="Remove unit 0").locator("visible=true").click()
    expect(console.generate).to_be_enabled()


def test_a_refusal_finds_the_unit_that_has_come_to_another_place(console: Console, triangle: Path) -> None:
    console.switch_controlnet_on()
    _add_unit(console)
    console.page.get_by_role("button", name="Remove unit 0").locator("visible=true").click()
    unit = _units(console)
    unit.get_by_label("Enable unit 0").check()
    unit.locator("input[type=file]").set_input_files(triangle)
    unit.get_by_label("Model", exact=True).select_option("canny")
    detail = {"field": "parameters.alwayson_scripts.controlnet.args.0.weight", "detail": "It is refused."}
    console.page.route(
        lambda url: url.endswith("/jobs"),
        lambda route: route.fulfill(
            status=422,
            json={"title": "Refused", "detail": "No.", "errors": [detail]},
            headers={"Access-Control-Allow-Origin": "*"},
        ),
    )
    console.generate.click()
    expect(unit.locator(".field:has([name=weight]) .refusal")).to_have_text("It is refused.")
