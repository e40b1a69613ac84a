"""The lists of networks on the page."""

from playwright.sync_api import Locator

from tests.browser.console import Console


def box(console: Console, name: str) -> Locator:
    return console.page.get_by_role("checkbox", name=name)


def opened(console: Console, type: str) -> None:
    console.page.locator(".networks summary").filter(has_text=type).click()
