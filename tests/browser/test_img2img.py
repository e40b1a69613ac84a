"""From a picture to a picture."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import httpx
from PIL import Image, ImageStat
from playwright.sync_api import expect

from tests.browser.console import Console
from tests.browser.pictures import mask_kept
from tests.e2e.user import User
from tests.waiting import eventually

Pictured = Callable[[str], None]


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


def test_form_pictures_mask_and_the_chosen_job_survive_a_reload(console: Console, triangle: Path) -> None:
    id = console.drawn(steps=3, prompt="a circle that is kept", seed=11)
    console.open("img2img")
    console.page.locator(".workspace:visible input[type=file]").first.set_input_files(triangle)
    mask = console.page.locator("canvas.mask")
    mask.press("Space")
    expect(mask).to_have_attribute("data-painted", "true")
    console.switch_controlnet_on()
    eventually(lambda: mask_kept(console.page), pause=0.1)
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


def test_a_refusal_stands_beside_the_field_of_the_task_that_is_shown(console: Console, triangle: Path) -> None:
    console.open("img2img")
    console.page.locator(".workspace:visible input[type=file]").first.set_input_files(triangle)
    console.fill(prompt="a circle <lora:outlinde:1>")
    console.generate.click()
    prompt = console.page.locator(".workspace:visible [data-field='parameters.prompt']")
    expect(prompt.get_by_role("alert")).to_contain_text("There is no lora 'outlinde'")


def test_a_picture_is_brought_to_another_shape_as_its_resize_mode_says(
    console: Console, triangle: Path, user: User
) -> None:
    console.open("img2img")
    console.page.locator(".workspace:visible input[type=file]").first.set_input_files(triangle)
    console.page.locator(".beginning").get_by_label("Resize mode").select_option("Resize and fill")
    job = user.job(console.drawn(prompt="a circle", width=192, height=64, steps=2))
    assert job["parameters"]["resize_mode"] == 2
    assert (job["images"][0]["width"], job["images"][0]["height"]) == (192, 64)
