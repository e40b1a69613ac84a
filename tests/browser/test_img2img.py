"""From a picture to a picture, and guided by one."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import httpx
from PIL import Image, ImageStat
from playwright.sync_api import expect

from tests.browser.console import Console
from tests.browser.test_txt2img import drop
from tests.e2e.user import User
from tests.waiting import eventually

Pictured = Callable[[str], None]

# Whether the browser has stored the mask, which it does when it finds the time.
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
    corner = (100, 100, 128, 128)  # which no stroke came near
    masked = (20, 20, 50, 40)
    assert (
        _difference(before.crop(corner), after.crop(corner)) < 12 < _difference(before.crop(masked), after.crop(masked))
    )


def _picture(url: str) -> Image.Image:
    return Image.open(BytesIO(httpx.get(url).content)).convert("RGB")


def _difference(one: Image.Image, other: Image.Image) -> float:
    """Of the mean colours, the largest."""
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
    console.until_loaded(unit.get_by_alt_text("Detected map of unit 0"))
    pictured("controlnet")
    id = console.drawn(prompt="a cyan triangle on a black background", steps=8)
    expect(console.output.locator(".thumbnails button")).to_have_count(2)
    expect(console.output.get_by_label("Show the control map of unit 0")).to_be_visible()
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
    expect(console.page.get_by_text("This is no picture that the browser can read.")).to_be_visible()


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
