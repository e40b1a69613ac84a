"""ControlNet's units: what guides them, and how they come and go."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.browser.console import Console
from tests.browser.pictures import drop, kept
from tests.e2e.user import User
from tests.waiting import eventually

Pictured = Callable[[str], None]


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


def _units(console: Console) -> Locator:
    return console.page.get_by_role("form", name="ControlNet unit").locator("visible=true")


def _add_unit(console: Console) -> None:
    console.page.get_by_role("button", name="Add a unit").locator("visible=true").click()


def test_every_controlnet_unit_is_there_after_a_reload(console: Console) -> None:
    console.switch_controlnet_on()
    _add_unit(console)
    units = _units(console)
    expect(units).to_have_count(2)
    console.page.reload()
    expect(units).to_have_count(2)


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
