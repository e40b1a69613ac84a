"""The web page in Debian's Chromium, against the whole local cloud."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from goc.client import Client
from local.cloud import Cloud
from local.place import ROOT
from tests.browser.console import Console
from tests.e2e.conftest import cloud, user

__all__ = ["cloud", "user"]

SCREENSHOTS = ROOT / "out/browser"

# It often runs as root in a container, without a GPU, and is to speak to nobody but the page's servers.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=60_000)  # for a busy machine; nothing waits that long unless it fails
WIDTHS = {360: 800, 1280: 900, 3840: 2160}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        pytest.fail("These tests need Chromium, which is not on this machine: apt-get install chromium", pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    context.set_default_timeout(30_000)
    yield context
    context.close()


# What the page's policy forbids becomes an error of its script.
VIOLATIONS = """addEventListener("securitypolicyviolation", ({violatedDirective, blockedURI, sourceFile}) =>
    setTimeout(() => { throw new Error(`${violatedDirective} forbids ${blockedURI}, in ${sourceFile}`); }))"""


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    page, errors = context.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.add_init_script(VIOLATIONS)
    yield page
    if not page.is_closed():
        page.unroute_all(behavior="ignoreErrors")  # requests still under way no longer matter
    assert errors == [], "the page's script failed"


@pytest.fixture
def console(page: Page, cloud: Cloud) -> Console:
    """The page, opened at the address that `make up` prints."""
    page.goto(f"{cloud.console}/#key={cloud.key}")
    console = Console(page)
    console.until_ready()
    return console


@pytest.fixture
def pictured(page: Page) -> Callable[[str], None]:
    """Writes what the page looks like now to out/browser, at three widths and in both colour schemes."""

    def take(name: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
                path = SCREENSHOTS / f"{name}-{width}-{scheme}.png"
                page.screenshot(path=path, full_page=width == 360)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is too wide at {width}"
        page.set_viewport_size({"width": 1280, "height": 900})
        page.emulate_media(color_scheme="light")

    return take


@pytest.fixture(scope="session")
def triangle() -> Path:
    """A picture of a triangle."""
    return ROOT / "docs/demo.png"


@pytest.fixture
def unit(console: Console, triangle: Path) -> Locator:
    """A ControlNet unit that can be ordered, and whose map can be looked at."""
    unit = console.switch_controlnet_on()
    unit.locator("input[type=file]").set_input_files(triangle)
    unit.get_by_label("Preprocessor", exact=True).select_option("canny")
    unit.get_by_label("Model", exact=True).select_option("canny")
    expect(console.generate).to_be_enabled()
    return unit


@pytest.fixture
def client(cloud: Cloud) -> Iterator[Client]:
    with Client(cloud.api, cloud.key) as client:
        yield client
