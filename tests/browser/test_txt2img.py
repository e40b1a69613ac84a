"""From nothing to a saved picture."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from container.tokenizer import tokenizer
from tests.browser.console import Console
from tests.browser.pictures import drop, saying, send_to_txt2img
from tests.e2e.user import User

Pictured = Callable[[str], None]


def test_a_person_who_reads_nothing_gets_a_saved_picture(console: Console, pictured: Pictured, tmp_path: Path) -> None:
    id = console.order()
    expect(console.row(id)).to_contain_text(f"-> {id}")
    console.until("succeeded")
    console.until_loaded(console.large)
    pictured("txt2img")
    download = console.downloaded(lambda: console.press("Save"))
    saved = tmp_path / download.suggested_filename
    download.save_as(saved)
    assert saved.name.startswith(id)
    with Image.open(saved) as picture:
        assert picture.size == (128, 128)
        assert str(picture.info["parameters"]).startswith("a yellow triangle on a purple background")


def test_progress_and_preview_are_shown_while_it_is_drawn(console: Console, pictured: Pictured) -> None:
    console.order(steps=150, width=256, height=256, n_iter=20)
    console.until("running")
    expect(console.output.get_by_role("progressbar")).to_be_visible()
    expect(console.output.get_by_text("% · Step")).to_be_visible()
    expect(console.output.get_by_alt_text("Preview of the picture")).to_be_visible()
    pictured("running")
    console.press("Cancel")
    console.until("cancelled")
    expect(console.output.get_by_role("button", name="Delete")).to_be_visible()


def test_several_pictures_are_a_gallery_to_zoom_into_and_one_zip(
    console: Console, pictured: Pictured, tmp_path: Path
) -> None:
    console.drawn(batch_size=3, steps=4)
    page, thumbnails = console.page, console.output.locator(".thumbnails button")
    expect(thumbnails).to_have_count(3)
    thumbnails.nth(0).press("ArrowRight")
    expect(console.output.get_by_text("2 of 3")).to_be_visible()
    pictured("gallery")
    console.output.locator(".open").press("Enter")
    zoom = page.get_by_role("dialog", name="The picture, large")
    expect(zoom).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(zoom.get_by_text("3 of 3")).to_be_visible()
    page.keyboard.press("+")
    expect(zoom.locator("img")).to_have_attribute("style", "transform: translate(0px, 0px) scale(1.5);")
    pictured("zoom")
    page.keyboard.press("Escape")
    expect(zoom).to_have_count(0)
    download = console.downloaded(lambda: console.press("Save all 3 (zip)"))
    download.save_as(tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 3


def test_a_second_order_is_sent_while_the_first_one_runs(console: Console, user: User) -> None:
    first = console.order(steps=60)
    second = console.order(steps=2)
    assert first != second
    expect(console.row(first)).to_be_visible()
    expect(console.row(second)).to_be_visible()
    assert user.finished(first)["status"] == user.finished(second)["status"] == "succeeded"


def test_one_press_is_one_order_however_it_is_pressed(console: Console) -> None:
    orders = console.orders()
    console.fill(steps=1)
    console.generate.dblclick()
    expect(console.said).to_contain_text("Ordered: job")
    console.page.keyboard.down("Control")
    for _ in range(3):
        console.page.keyboard.down("Enter")  # held down, it repeats
        expect(console.generate).to_be_enabled()
    assert len(orders) == 2


def test_all_parameters_come_back_from_a_picture_of_the_job_and_from_a_dropped_one(
    console: Console, tmp_path: Path
) -> None:
    own = {"prompt": 'a "red", circle', "negative_prompt": "blue: dark", "steps": 6, "cfg_scale": 4.5, "seed": 7}
    console.field("Sampling method").select_option("Heun")
    console.field("Schedule type").select_option("Karras")
    console.page.get_by_text("Variation, clip skip").locator("visible=true").click()
    console.field("Random numbers").select_option("CPU")
    console.drawn(**own)
    download = console.downloaded(lambda: console.press("Save"))
    download.save_as(tmp_path / "picture.png")
    other = {"prompt": "a square", "negative_prompt": "", "steps": 20, "cfg_scale": 7, "seed": -1}
    ways: list[Callable[[], None]] = [
        lambda: console.press("Send to txt2img"),
        lambda: _drop(console, tmp_path / "picture.png"),
    ]
    for send in ways:
        console.fill(**other)
        console.field("Sampling method").select_option("Euler")
        console.field("Random numbers").select_option("GPU")
        send()
        for name, value in own.items():
            expect(console.page.locator(f".workspace:visible [name={name}]")).to_have_value(str(value))
        expect(console.field("Sampling method")).to_have_value("Heun")
        expect(console.field("Schedule type")).to_have_value("Karras")
        expect(console.field("Random numbers")).to_have_value("CPU")


def test_what_a_picture_names_and_is_not_here_is_said(console: Console, tmp_path: Path) -> None:
    settings = "Steps: 9, Sampler: Euler, CFG scale: 7, Seed: 1, Size: 64x64, Model: elsewhere, VAE: nowhere"
    send_to_txt2img(console, saying(f"a fox\n{settings}", tmp_path / "fox.png"))
    expect(console.field("Sampling steps")).to_have_value("9")
    expect(console.said).to_have_text("There is no checkpoint elsewhere here.")
    console.page.get_by_label("Stable Diffusion Checkpoint").select_option("shapes")
    expect(console.generate).to_be_enabled()
    console.page.get_by_text("VAE", exact=False).locator("visible=true").first.click()
    console.page.get_by_role("checkbox", name="nowhere · not here").click()
    expect(console.page.get_by_role("checkbox", name="nowhere")).to_have_count(0)


def _drop(console: Console, file: Path) -> None:
    drop(console.page, "main", file)
    dialog = console.page.get_by_role("dialog", name=file.name)
    expect(dialog).to_contain_text("Sampler: Heun")
    dialog.get_by_role("button", name="Send to txt2img").click()


def test_the_prompt_counts_clips_tokens_and_weighs_words_by_keys(console: Console) -> None:
    prompt = console.page.locator(".workspace:visible [name=prompt]")
    prompt.fill("a (cute:1.2) hippopotamus, <lora:outlined:1>")
    words = len(tokenizer(49_408)("a cute hippopotamus, ", add_special_tokens=False).input_ids)
    expect(console.page.locator(".workspace:visible .tokens").first).to_have_text(f"{words}/75")
    prompt.fill("word " * 80)
    expect(console.page.locator(".workspace:visible .tokens").first).to_have_text("80/150")
    prompt.fill("a cute dog")
    prompt.evaluate("area => area.setSelectionRange(4, 4)")
    prompt.press("Control+ArrowUp")
    prompt.press("Control+ArrowUp")
    expect(prompt).to_have_value("a (cute:1.2) dog")
    prompt.press("Control+ArrowDown")
    prompt.press("Control+ArrowDown")
    expect(prompt).to_have_value("a cute dog")


@pytest.mark.parametrize(
    ("text", "selected", "key", "then", "again"),
    [
        ("((dog)) x", (3, 3), "ArrowUp", "(dog:1.3) x", "(dog:1.4) x"),
        ("(dog)", (2, 2), "ArrowDown", "dog", "(dog:0.9)"),
        ("[dog]", (2, 2), "ArrowUp", "dog", "(dog:1.1)"),
        ("((dog:1.2))", (3, 3), "ArrowUp", "(dog:1.4)", "(dog:1.5)"),
        ("(a (b:1.2) c:1.3)", (1, 1), "ArrowUp", "(a (b:1.2) c:1.4)", "(a (b:1.2) c:1.5)"),
        ("a, (b:1.1), c", (0, 13), "ArrowUp", "(a, (b:1.1), c:1.1)", "(a, (b:1.1), c:1.2)"),
        ("(a cute:1.1) dog", (3, 16), "ArrowUp", "((a cute:1.1) dog:1.1)", "((a cute:1.1) dog:1.2)"),
        ("[cat:dog:0.5]", (2, 2), "ArrowUp", "[(cat:1.1):dog:0.5]", "[(cat:1.2):dog:0.5]"),
        (r"\(dog\)", (3, 3), "ArrowUp", r"\((dog:1.1)\)", r"\((dog:1.2)\)"),
        ("<lora:foo:0.8:0.5>", (8, 8), "ArrowUp", "<lora:foo:0.85:0.5>", "<lora:foo:0.9:0.5>"),
        ("<lyco:foo:te=0.8:unet=1>", (8, 8), "ArrowDown", "<lyco:foo:te=0.75:unet=1>", "<lyco:foo:te=0.7:unet=1>"),
        ("a <lora:foo> dog", (6, 6), "ArrowUp", "a <lora:foo> dog", "a <lora:foo> dog"),
        ("a <lora:foo:1>", (0, 14), "ArrowUp", "(a <lora:foo:1>:1.1)", "(a <lora:foo:1>:1.2)"),
    ],
)
def test_the_keys_change_the_weight_that_words_have_by_brackets_already(
    console: Console, text: str, selected: tuple[int, int], key: str, then: str, again: str
) -> None:
    prompt = console.page.locator(".workspace:visible [name=prompt]")
    prompt.fill(text)
    prompt.evaluate("(area, place) => area.setSelectionRange(...place)", list(selected))
    prompt.press(f"Control+{key}")
    expect(prompt).to_have_value(then)
    prompt.press(f"Control+{key}")
    expect(prompt).to_have_value(again)


def test_seed_buttons_and_swap_do_what_their_names_say(console: Console) -> None:
    console.drawn(seed=4242, steps=2)
    seed = console.field("Seed")
    console.field("Random seed: a new one every time").click()
    expect(seed).to_have_value("-1")
    console.field("Reuse the seed of the picture that is shown").click()
    expect(seed).to_have_value("4242")
    console.fill(width=192)
    console.field("Swap width and height").click()
    expect(console.field("Width")).to_have_value("128")
    expect(console.field("Height")).to_have_value("192")


def test_a_hires_fix_draws_the_picture_again_at_its_own_size(console: Console, user: User) -> None:
    console.page.get_by_label("Hires. fix").check()
    console.field("Upscaler").select_option("Latent (nearest)")
    expect(console.page.get_by_text("From 128×128 to 256×256")).to_be_visible()
    console.fill(hr_resize_x=200)
    expect(console.page.get_by_text("From 128×128 to 200×200")).to_be_visible()
    job = user.job(console.drawn(steps=4, hr_second_pass_steps=2))
    assert [(picture["width"], picture["height"]) for picture in job["images"]] == [(200, 200)]
    assert job["parameters"]["hr_upscaler"] == "Latent (nearest)"
    console.page.get_by_label("Hires. fix").uncheck()
    console.press("Send to txt2img")
    expect(console.page.get_by_label("Hires. fix")).to_be_checked()
    expect(console.field("Resize width to")).to_have_value("200")


def test_a_lora_that_is_chosen_puts_its_tag_into_the_prompt(console: Console) -> None:
    prompt = console.page.locator(".workspace:visible [name=prompt]")
    console.page.get_by_text("LoRA", exact=False).first.click()
    console.page.get_by_role("checkbox", name="outlined").check()
    expect(prompt).to_have_value("a yellow triangle on a purple background <lora:outlined:1>")
    console.page.get_by_role("checkbox", name="outlined").uncheck()
    expect(prompt).to_have_value("a yellow triangle on a purple background")


def test_the_button_is_greyed_with_the_reason_and_refusals_stand_beside_their_field(
    console: Console, pictured: Pictured
) -> None:
    console.fill(width=65)
    expect(console.generate).to_be_disabled()
    expect(console.said).to_contain_text("Width:")
    console.fill(width=128, prompt="a circle <lora:outlinde:1>")
    expect(console.generate).to_be_enabled()
    console.generate.click()
    prompt = console.page.locator(".workspace:visible [data-field='parameters.prompt']")
    expect(prompt.get_by_role("alert")).to_contain_text("There is no lora 'outlinde'")
    expect(prompt.locator("textarea")).to_be_focused()
    pictured("refused")
    console.fill(prompt="a circle")
    console.page.get_by_label("Stable Diffusion Checkpoint").select_option("")
    expect(console.generate).to_be_disabled()
    expect(console.said).to_have_text("Choose a checkpoint.")
