"""What can't be ordered: said at the button and marked at its field, before it is sent and after."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser.canned import modelled
from tests.browser.console import Console
from tests.browser.networks import box, opened
from tests.browser.pictures import saying, send_to_txt2img
from tests.e2e.user import User

Pictured = Callable[[str], None]


def _box(console: Console, name: str) -> Locator:
    return console.page.locator(f".workspace:visible [name={name}]")


def test_a_fraction_between_two_steps_is_ordered_as_it_is(console: Console, user: User, tmp_path: Path) -> None:
    settings = "Steps: 2, Sampler: Euler, CFG scale: 6.3, Seed: 1, Size: 64x64, Denoising strength: 0.725"
    infotext = f"a fox\n{settings}, Variation seed: 2, Variation seed strength: 0.333"
    send_to_txt2img(console, saying(infotext, tmp_path / "fox.png"))
    expect(_box(console, "cfg_scale")).to_have_value("6.3")
    expect(console.generate).to_be_enabled()
    parameters = user.job(console.order())["parameters"]
    assert (parameters["cfg_scale"], parameters["subseed_strength"]) == (6.3, 0.333)


def test_the_arrows_of_a_fraction_go_by_its_step(console: Console) -> None:
    scale = _box(console, "cfg_scale")
    scale.fill("7")
    scale.press("ArrowUp")
    expect(scale).to_have_value("7.5")


def test_a_number_that_cannot_be_ordered_is_marked_until_it_is_mended(console: Console) -> None:
    for name, wrong, right in [("width", "65", "64"), ("cfg_scale", "30.5", "30"), ("steps", "", "20")]:
        box = _box(console, name)
        expect(box).not_to_have_attribute("aria-invalid", "true")
        box.fill(wrong)
        expect(box).to_have_attribute("aria-invalid", "true")
        expect(console.generate).to_be_disabled()
        box.fill(right)
        expect(box).not_to_have_attribute("aria-invalid", "true")
        expect(console.generate).to_be_enabled()


def test_a_mark_outlives_an_attempt_to_order(console: Console) -> None:
    _box(console, "width").fill("65")
    console.generate.click(force=True)
    expect(_box(console, "width")).to_have_attribute("aria-invalid", "true")


def test_what_is_marked_is_not_folded_away(console: Console, tmp_path: Path) -> None:
    infotext = "a fox\nSteps: 2, Sampler: Euler, Size: 64x64, Clip skip: 40"
    expect(_box(console, "clip_skip")).to_be_hidden()
    send_to_txt2img(console, saying(infotext, tmp_path / "fox.png"))
    expect(console.said).to_contain_text("Clip skip:")
    expect(_box(console, "clip_skip")).to_be_visible()


def test_a_second_pass_that_is_switched_off_is_not_checked(console: Console) -> None:
    switch = console.page.get_by_label("Hires. fix")
    switch.check()
    _box(console, "hr_scale").fill("9")
    expect(console.said).to_contain_text("Upscale by:")
    switch.uncheck()
    expect(console.generate).to_be_enabled()


def test_numbers_that_the_api_takes_can_be_ordered(console: Console, triangle: Path) -> None:
    console.page.get_by_label("Hires. fix").check()
    console.fill(hr_resize_x=1001, hr_resize_y=999)
    expect(console.generate).to_be_enabled()
    console.open("img2img")
    console.page.locator(".workspace:visible input[type=file]").first.set_input_files(triangle)
    console.page.get_by_text("Mask: how it is used").click()
    console.fill(mask_blur=200, inpaint_full_res_padding=33)
    expect(console.generate).to_be_enabled()
    console.fill(mask_blur=1.5)
    expect(console.said).to_have_text("Mask blur: It must be a whole number.")


def test_a_units_number_that_cannot_be_ordered_is_named_and_marked(console: Console, unit: Locator) -> None:
    for label, wrong, right in [
        ("Control weight", "5", "1.225"),
        ("Control weight", "", "0"),
        ("Starting control step", "2", "0.125"),
        ("Preprocessor resolution", "-2", "-1"),
        ("Preprocessor resolution", "4097", "513"),
    ]:
        box = unit.get_by_label(label, exact=True)
        box.fill(wrong)
        expect(console.generate).to_be_disabled()
        expect(console.said).to_contain_text(f"ControlNet unit 0: {label}:")
        expect(box).to_have_attribute("aria-invalid", "true")
        box.fill(right)
        expect(console.generate).to_be_enabled()


def test_a_unit_that_ends_before_it_starts_is_named_and_marked(
    console: Console, unit: Locator, pictured: Pictured
) -> None:
    start, end = (unit.get_by_label(f"{name} control step", exact=True) for name in ("Starting", "Ending"))
    end.fill("0.5")
    start.fill("0.75")
    expect(console.said).to_contain_text("ControlNet unit 0: Ending control step: It must not lie before")
    expect(end).to_have_attribute("aria-invalid", "true")
    pictured("invalid-unit")
    start.fill("0.5")
    expect(console.generate).to_be_enabled()
    expect(end).not_to_have_attribute("aria-invalid", "true")


def test_what_a_unit_does_not_show_is_neither_checked_nor_ordered(console: Console, unit: Locator, user: User) -> None:
    unit.get_by_label("Preprocessor resolution", exact=True).fill("-8")
    expect(console.generate).to_be_disabled()
    unit.get_by_label("Pixel perfect").check()
    args = user.job(console.order(steps=2))["parameters"]["alwayson_scripts"]["controlnet"]["args"]
    assert args[0]["processor_res"] == -1


def test_a_unit_that_is_switched_off_is_not_checked(console: Console, unit: Locator) -> None:
    unit.get_by_label("Control weight", exact=True).fill("5")
    expect(console.generate).to_be_disabled()
    unit.get_by_label("Enable unit 0").uncheck()
    expect(console.generate).to_be_enabled()


ANYONE = {"access-control-allow-origin": "*"}
REFUSED = {
    "parameters.cfg_scale": "It is refused.",
    "parameters.scheduler": "So is this.",
    "parameters.height": "This is too, at more length than one line has room for.",
    "checkpoint": "This as well.",
}


@pytest.fixture
def refused(console: Console) -> dict[str, Locator]:
    """The refusals that an order has met, by their fields."""
    _refuse(console, REFUSED)
    notes = {field: console.page.locator(f"[data-field='{field}']:visible .refusal") for field in REFUSED}
    for field, detail in REFUSED.items():
        expect(notes[field]).to_have_text(detail)
    return notes


def _refuse(console: Console, refused: dict[str, str]) -> None:
    """Order, and have that refused by field."""

    def refuse(route: Route) -> None:
        errors = [{"field": field, "detail": detail} for field, detail in refused.items()]
        problem = {"type": "about:blank", "title": "Refused", "status": 422, "detail": "No.", "errors": errors}
        route.fulfill(
            status=422,
            body=json.dumps(problem),
            headers={"Access-Control-Allow-Origin": "*", "Content-Type": "application/problem+json"},
        )

    console.page.route(lambda url: url.endswith("/jobs"), refuse)
    console.generate.click()


def test_a_refusal_of_the_whole_goes_once_anything_is_changed(console: Console) -> None:
    _refuse(console, {"parameters": "The prompts are too long.", "parameters.width": "It is refused."})
    said = console.page.locator(".order-bar").get_by_role("alert")
    expect(said).to_have_text("The prompts are too long.")
    console.fill(prompt="short")
    expect(said).to_be_hidden()
    expect(console.page.locator("[data-field='parameters.width']:visible .refusal")).to_be_visible()


def test_a_refusal_of_a_list_stays_while_the_list_is_filtered(console: Console) -> None:
    modelled(console.page, *(("vae", f"vae-{number}") for number in range(9)))
    opened(console, "VAE")
    box(console, "vae-3").check()
    _refuse(console, {"extra_networks.vae.0": "There is no such VAE."})
    note = console.page.locator(".networks").get_by_text("There is no such VAE.")
    expect(note).to_be_visible()
    filter = console.page.get_by_label("Filter: VAE")
    filter.fill("3")
    expect(filter).not_to_have_attribute("aria-invalid", "true")
    expect(note).to_be_visible()
    box(console, "vae-3").uncheck()
    expect(note).to_have_count(0)


def test_a_refusal_of_the_mask_stands_beside_its_tools(console: Console, triangle: Path) -> None:
    console.open("img2img")
    console.page.locator(".workspace:visible input[type=file]").first.set_input_files(triangle)
    console.page.locator("canvas.mask").press("Space")
    _refuse(console, {"parameters.mask": "It is no picture."})
    expect(console.page.locator(".mask-tools .refusal")).to_have_text("It is no picture.")


def test_a_cancel_that_fails_stays_said_while_the_job_is_followed(console: Console) -> None:
    console.order(steps=150, width=256, height=256, n_iter=20)
    console.page.route(
        "**/cancel", lambda route: route.fulfill(status=400, json={"detail": "Not now."}, headers=ANYONE)
    )
    console.press("Cancel")
    said = console.output.get_by_role("alert")
    expect(said).to_have_text("Not now.")
    for _ in range(2):
        with console.page.expect_response(re.compile(r"/jobs/[0-9a-f-]+$")):
            pass
    expect(said).to_have_text("Not now.")
    console.page.unroute("**/cancel")
    console.press("Cancel")
    console.until("cancelled")


def test_a_refusal_goes_once_its_field_is_changed_and_the_others_stay(
    console: Console, refused: dict[str, Locator], pictured: Pictured
) -> None:
    pictured("refusals")
    scale = _box(console, "cfg_scale")
    expect(scale).to_have_attribute("aria-invalid", "true")
    scale.fill("8")
    expect(refused["parameters.cfg_scale"]).to_have_count(0)
    expect(scale).not_to_have_attribute("aria-invalid", "true")
    expect(refused["parameters.scheduler"]).to_be_visible()
    expect(_box(console, "scheduler")).to_have_attribute("aria-invalid", "true")
    _box(console, "scheduler").select_option("Karras")
    expect(refused["parameters.scheduler"]).to_have_count(0)
    console.field("Swap width and height").click()
    expect(refused["parameters.height"]).to_have_count(0)
    expect(refused["checkpoint"]).to_be_visible()


def test_a_refusal_stays_while_its_field_is_only_left(console: Console, refused: dict[str, Locator]) -> None:
    scale = _box(console, "cfg_scale")
    scale.focus()
    scale.blur()
    expect(refused["parameters.cfg_scale"]).to_be_visible()


def test_fields_beside_one_that_was_refused_stay_level(console: Console, refused: dict[str, Locator]) -> None:
    tops = {_box(console, name).evaluate("box => box.getBoundingClientRect().top") for name in ("width", "height")}
    assert len(tops) == 1
