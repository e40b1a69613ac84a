"""The pictures of docs/guide.md, as the page looks now; `make guide-pictures` puts them there."""

import re
from pathlib import Path

from playwright.sync_api import expect

from local.cloud import Cloud
from local.place import ROOT
from tests.browser.conftest import SCREENSHOTS
from tests.browser.console import Console
from tests.browser.pictures import drop


def test_every_picture_of_the_guide_is_taken(console: Console, cloud: Cloud, triangle: Path) -> None:
    taken = [take_txt2img(console), take_controlnet(console, triangle), take_endpoints(console, cloud.endpoint)]
    assert taken == re.findall(r"\((guide-\w+\.png)\)", (ROOT / "docs/guide.md").read_text())
    for name in taken:
        assert (ROOT / "docs" / name).exists()


def take_txt2img(console: Console) -> str:
    console.drawn(prompt="a yellow triangle on a purple background", seed=5)
    expect(console.page.locator(".workspace:visible .tokens").first).to_have_text("7/75")
    console.page.screenshot(path=SCREENSHOTS / "guide-txt2img.png")
    return "guide-txt2img.png"


def take_controlnet(console: Console, picture: Path) -> str:
    unit = console.switch_controlnet_on()
    drop(console.page, ".workspace:visible .unit .picture", picture)
    unit.get_by_label("Preprocessor", exact=True).select_option("canny")
    unit.get_by_label("Model", exact=True).select_option("canny")
    unit.get_by_role("button", name="Preview the map").click()
    console.until_loaded(unit.get_by_alt_text("Detected map"))
    console.page.set_viewport_size({"width": 1280, "height": 2600})  # else the order's bar would lie over it
    console.page.locator(".workspace:visible .controlnet").screenshot(path=SCREENSHOTS / "guide-controlnet.png")
    return "guide-controlnet.png"


def take_endpoints(console: Console, endpoint: str) -> str:
    console.page.set_viewport_size({"width": 1280, "height": 400})
    console.open("Endpoints")
    expect(console.page.get_by_role("button", name=f"Rescale {endpoint}")).to_be_visible()
    console.page.screenshot(path=SCREENSHOTS / "guide-endpoints.png", full_page=True)
    return "guide-endpoints.png"
