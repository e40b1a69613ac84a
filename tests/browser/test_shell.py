"""The page around its forms: its address, its tabs, its window, and what is kept."""

from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from local.cloud import Cloud
from tests.browser.console import Console
from tests.browser.pictures import kept
from tests.waiting import eventually


def test_the_way_to_the_content_stays_on_its_tab(console: Console) -> None:
    console.open("Endpoints")
    console.page.get_by_text("Skip to the content").press("Enter")
    expect(console.page.get_by_role("main")).to_be_focused()
    expect(console.page.get_by_role("heading", name="Create an endpoint")).to_be_visible()


def test_the_printed_address_opens_the_page_in_a_tab_that_shows_it_already(page: Page, cloud: Cloud) -> None:
    page.goto(cloud.console)
    expect(page.get_by_label("API key")).to_be_visible()
    page.goto(f"{cloud.console}/#key={cloud.key}")
    Console(page).until_ready()
    assert cloud.key not in page.url


def test_disconnecting_forgets_what_the_tab_has_kept(console: Console, cloud: Cloud, triangle: Path) -> None:
    console.open("img2img")
    console.page.locator(".beginning input[type=file]").set_input_files(triangle)
    console.fill(prompt="what nobody is to read")
    eventually(lambda: kept(console.page))
    console.page.get_by_role("button", name="Disconnect").click()
    expect(console.page.get_by_label("API key")).to_be_visible()
    assert kept(console.page) == []
    assert "nobody" not in console.page.evaluate("JSON.stringify(sessionStorage)")


def test_a_tabs_own_picture_outlives_a_day_and_that_of_a_closed_tab_does_not(console: Console, triangle: Path) -> None:
    console.open("img2img")
    console.page.locator(".beginning input[type=file]").set_input_files(triangle)
    eventually(lambda: kept(console.page))
    console.page.evaluate(TWO_DAYS_LATER)
    console.page.reload()
    eventually(lambda: [*kept(console.page)] and "closed/img2img" not in kept(console.page))
    console.page.reload()
    console.until_loaded(console.page.get_by_alt_text("Picture to begin with, as chosen"))


def test_a_tab_that_is_duplicated_keeps_its_own_pictures(
    console: Console, cloud: Cloud, triangle: Path, context: BrowserContext
) -> None:
    console.open("img2img")
    console.page.locator(".beginning input[type=file]").set_input_files(triangle)
    eventually(lambda: kept(console.page))
    console.page.evaluate(TWO_DAYS_LATER)
    twin = Console(context.new_page())
    copied = console.page.evaluate(COPIED)
    copy = f"name = 'twin'; for (const each of {copied}) sessionStorage.setItem(...each);"
    twin.page.add_init_script(f"if (name !== 'twin') {{ {copy} }}")  # a window's name outlives a reload
    twin.page.goto(f"{cloud.console}/#img2img")
    twin.until_loaded(twin.page.get_by_alt_text("Picture to begin with, as chosen"))
    eventually(lambda: "closed/img2img" not in kept(console.page))
    assert len(kept(console.page)) == 2
    twin.page.get_by_role("button", name="Disconnect").click()
    expect(twin.page.get_by_label("API key")).to_be_visible()
    console.page.reload()
    console.until_loaded(console.page.get_by_alt_text("Picture to begin with, as chosen"))


COPIED = """JSON.stringify(Array.from({length: sessionStorage.length}, (_, place) => sessionStorage.key(place))
    .map((name) => [name, sessionStorage.getItem(name)]))"""

# Dates back what is kept, and keeps a copy of it as if for a tab that was closed.
TWO_DAYS_LATER = """() => new Promise((resolve) => {
    const opening = indexedDB.open("generate-on-cloud");
    opening.onsuccess = () => {
        const change = opening.result.transaction("pictures", "readwrite");
        const cursor = change.objectStore("pictures").openCursor();
        cursor.onsuccess = () => {
            if (!cursor.result) return;
            const old = {...cursor.result.value, at: Date.now() - 2 * 86400000};
            cursor.result.update(old);
            change.objectStore("pictures").put(old, "closed/img2img");
        };
        change.oncomplete = resolve;
    };
})"""


def test_a_window_of_a_few_lines_is_not_filled_by_what_stands_still(console: Console) -> None:
    console.page.set_viewport_size({"width": 320, "height": 256})
    expect(console.generate).not_to_be_in_viewport()
    console.page.mouse.wheel(0, 600)
    expect(console.page.get_by_role("banner")).not_to_be_in_viewport()
