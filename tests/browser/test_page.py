"""What holds for the page as a whole: its size, whom it speaks to, who can use it."""

import gzip
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Response, expect

from local.cloud import Cloud
from tests.browser.console import Console

FIRST_LOAD = 150_000  # bytes, compressed


def test_the_first_load_is_small_and_asks_nobody_else(page: Page, cloud: Cloud) -> None:
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(f"{cloud.console}/#key={cloud.key}")
    Console(page).until_ready()
    page.wait_for_load_state("networkidle")
    hosts = {urlsplit(answer.url).netloc for answer in answers}
    assert hosts == {urlsplit(cloud.console).netloc, urlsplit(cloud.api).netloc}
    own = [answer for answer in answers if answer.url.startswith(cloud.console)]
    assert len(own) > 40
    assert sum(len(gzip.compress(answer.body())) for answer in own) < FIRST_LOAD


def test_every_file_forbids_what_the_page_does_not_need(page: Page, cloud: Cloud) -> None:
    answer = page.goto(cloud.console)
    assert answer
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong_on_any_tab(page: Page, cloud: Cloud, scheme: str, triangle: Path) -> None:
    context = page.context.browser.new_context(bypass_csp=True, color_scheme=scheme)  # type: ignore[union-attr, arg-type]
    console = Console(context.new_page())
    console.page.goto(cloud.console)
    expect(console.page.get_by_label("API key")).to_be_visible()
    assert console.violations() == []
    console.page.goto(f"{cloud.console}/#key={cloud.key}")
    console.until_ready()
    console.drawn(steps=2, batch_size=2)
    console.page.get_by_text("Hires. fix").click()
    for details in console.page.locator(".studio details:visible").all():
        details.evaluate("details => details.open = true")
    console.page.get_by_label("Enable unit 0").locator("visible=true").check()
    assert console.violations() == []
    console.output.locator(".open").click()
    assert console.violations() == []
    console.page.keyboard.press("Escape")
    console.press("Delete")
    expect(console.page.get_by_role("dialog")).to_be_visible()
    assert console.violations() == []
    console.page.keyboard.press("Escape")
    console.page.get_by_label("Enable unit 0").locator("visible=true").uncheck()
    console.fill(prompt="a circle <lora:outlinde:1>")
    console.generate.click()
    expect(console.page.locator(".refused-here")).to_have_count(1)
    assert console.violations() == []
    console.open("img2img")
    console.page.locator(".workspace:visible input[type=file]").first.set_input_files(triangle)
    expect(console.page.locator("canvas.mask")).to_be_visible()
    assert console.violations() == []
    for tab in ("Models", "Endpoints"):
        console.open(tab)
        assert console.violations() == []
    context.close()


def test_a_picture_is_ordered_and_looked_at_with_the_keyboard_alone(console: Console) -> None:
    keys = console.page.keyboard
    keys.press("Tab")
    expect(console.page.get_by_text("Skip to the content")).to_be_focused()
    keys.press("Enter")
    keys.press("Tab")
    expect(console.page.locator(".workspace:visible [name=prompt]")).to_be_focused()
    keys.press("Control+a")
    keys.type("a blue circle")
    keys.press("Control+Enter")
    console.until("succeeded")
    console.rows.focus()
    keys.press("ArrowDown")
    keys.press("Home")
    keys.press("Enter")
    expect(console.output.locator("pre").first).to_have_text("a blue circle")


def test_nothing_is_asked_while_the_tab_is_hidden(console: Console, pictured: Callable[[str], None]) -> None:
    page = console.page
    hide = "hidden => { Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});"
    change = "document.dispatchEvent(new Event('visibilitychange')); }"
    page.wait_for_load_state("networkidle")
    page.evaluate(hide + change, True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(5_000)
    assert asked == []
    with page.expect_request("**/jobs?*"):
        page.evaluate(hide + change, False)
