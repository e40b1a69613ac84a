"""The page around its forms: its address, its tabs, what is kept and asked, its dialogs and uploads."""

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Dialog, Locator, Page, Request, Route, expect

from goc.client import Client
from local.cloud import Cloud
from local.furnishing import MODELS
from tests.browser.console import Console
from tests.browser.test_jobs import HEADERS
from tests.e2e.user import User
from tests.waiting import eventually

SHAPES = MODELS / "checkpoint/shapes.safetensors"  # 10 MB: two parts
PART = re.compile(r"partNumber=(\d+)")


@pytest.fixture
def client(cloud: Cloud) -> Iterator[Client]:
    with Client(cloud.api, cloud.key) as client:
        yield client


@pytest.fixture
def file_name(client: Client) -> Iterator[str]:
    """The name of a checkpoint that the test uploads on the page."""
    yield "by-hand.safetensors"
    client.delete_model("checkpoint", "by-hand")


@pytest.fixture
def endpoint(cloud: Cloud, client: Client) -> Iterator[str]:
    """The cloud's own, whose scaling is restored once the test is over."""
    before = client.endpoint(cloud.endpoint)
    yield before.name
    client.rescale_endpoint(
        before.name,
        min_instances=before.min_instances,
        max_instances=before.max_instances,
        backlog_per_instance=before.backlog_per_instance,
    )


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


def kept(page: Page) -> list[str]:
    """The names of all pictures that the browser keeps for the page."""
    names: list[str] = page.evaluate(
        """() => new Promise((resolve) => {
            const opening = indexedDB.open("generate-on-cloud");
            opening.onsuccess = () => {
                const keys = opening.result.transaction("pictures").objectStore("pictures").getAllKeys();
                keys.onsuccess = () => resolve(keys.result);
            };
        })"""
    )
    return names


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


def test_the_list_of_jobs_is_asked_ever_less_often_while_a_job_only_waits(console: Console) -> None:
    """A minute of the browser's clock, in which it would ask forty times at its first pace."""
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(headers=HEADERS, body=json.dumps({"jobs": [WAITING], "next_cursor": None}))

    page = console.page
    page.route("**/jobs?*", answer)
    page.clock.install()
    page.reload()
    expect(console.row(WAITING["id"])).to_contain_text("queued")
    asked.clear()
    for _ in range(40):
        page.clock.run_for(1_500)
        page.evaluate("fetch('config.json').then((answer) => answer.text())")  # as long as an answer takes
    assert 4 <= len(asked) <= 20


def test_the_first_press_on_the_list_shows_the_job(console: Console, user: User) -> None:
    """The press focuses the list, so that the rows are drawn anew before the button is released."""
    id = user.submit(steps=1)
    user.finished(id)
    console.page.reload()
    console.row(id).click()
    expect(console.output.locator(".job-name")).to_contain_text(id)


WAITING: dict[str, Any] = {
    "id": "01aaaaaa-0000-7000-8000-000000000000",
    "task": "txt2img",
    "status": "queued",
    "endpoint": "goc-dev-main",
    "checkpoint": "shapes",
    "progress": 0,
    "created_at": "2026-01-01T00:00:00.000Z",
    "started_at": None,
    "finished_at": None,
}


def rescaling(console: Console, endpoint: str) -> Locator:
    """Open the dialog that asks for the bounds."""
    console.open("Endpoints")
    console.page.get_by_role("button", name=f"Rescale {endpoint}").click()
    return console.page.get_by_role("dialog", name=f"Rescale {endpoint}")


def test_rescaling_stays_open_until_it_is_accepted_and_says_at_the_field_what_is_wrong(
    console: Console, endpoint: str
) -> None:
    dialog = rescaling(console, endpoint)
    least, most = (dialog.get_by_label(f"Instances at the {end}") for end in ("least", "most"))
    for wrong in ({"least": "3", "most": "2"}, {"least": "0", "most": ""}):
        least.fill(wrong["least"])
        most.fill(wrong["most"])
        dialog.get_by_role("button", name="Rescale").click()
        expect(dialog.locator("input:invalid")).to_have_count(1)
        expect(dialog.locator("input:invalid")).to_be_focused()
    least.fill("1")
    most.fill("2")
    backlog = dialog.get_by_label("Jobs for each instance")
    backlog.fill("5000")
    backlog.press("Enter")
    expect(dialog.locator("[data-field=backlog_per_instance]").get_by_role("alert")).to_contain_text("1000")
    expect(backlog).to_have_value("5000")
    backlog.fill("7")
    backlog.press("Enter")
    expect(dialog).to_have_count(0)
    card = console.page.get_by_role("article", name=f"Endpoint {endpoint}")
    expect(card).to_contain_text("1 to 2, one for each 7 jobs")


def test_a_dialog_closes_with_the_page_that_it_was_opened_on(console: Console, endpoint: str) -> None:
    dialog = rescaling(console, endpoint)
    expect(dialog).to_be_visible()
    console.page.go_back()
    expect(dialog).to_have_count(0)


def test_an_endpoints_name_is_checked_before_anything_is_asked(console: Console) -> None:
    console.open("Endpoints")
    name = console.page.get_by_label("Name", exact=True)
    name.fill("Bad_Name")
    console.page.get_by_role("button", name="Create").click()
    expect(name).to_be_focused()
    expect(console.page.get_by_role("dialog")).to_have_count(0)


def test_without_a_model_the_table_says_so(console: Console) -> None:
    none = json.dumps({"models": [], "next_cursor": None})
    console.page.route("**/models?*", lambda route: route.fulfill(headers=HEADERS, body=none))
    console.page.reload()
    console.open("Models")
    expect(console.page.get_by_role("table")).to_contain_text("No models yet: upload one.")


def upload(console: Console, name: str) -> Locator:
    """Begin one; returns what is shown of it."""
    console.open("Models")
    console.page.get_by_label("File", exact=True).set_input_files(SHAPES)
    console.page.get_by_label("File name in the cloud").fill(name)
    console.page.get_by_role("button", name="Upload").click()
    return console.page.get_by_role("list", name="Uploads").get_by_role("listitem").filter(has_text=name)


def test_an_upload_resumed_while_a_part_waits_for_its_next_try_sends_each_part_once(
    console: Console, file_name: str
) -> None:
    """The clock stands still, so what failed still waits when the upload is resumed, and wakes after that."""
    failing = [True]
    sent: list[str] = []

    def put(route: Route) -> None:
        if route.request.method == "PUT" and failing:
            return route.abort()
        if route.request.method == "PUT":
            sent.append(_part(route.request))
        return route.continue_()

    page = console.page
    page.route(PART, put)
    page.clock.install()
    page.clock.pause_at(datetime.now() + timedelta(minutes=1))
    with page.expect_event("requestfailed", lambda request: bool(_part(request))):
        shown = upload(console, file_name)
    shown.get_by_role("button", name=f"Pause {file_name}").click()
    failing.clear()
    shown.get_by_role("button", name=f"Resume {file_name}").click()
    page.clock.run_for(5_000)
    page.clock.resume()
    expect(page.get_by_role("row").filter(has_text="by-hand")).to_contain_text("active", timeout=60_000)
    assert sorted(sent) == ["1", "2"]
    expect(shown).to_have_count(0)


def _part(request: Request) -> str:
    found = PART.search(request.url)
    return found[1] if found else ""


def test_the_page_asks_before_it_is_left_in_the_middle_of_an_upload(console: Console, file_name: str) -> None:
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    console.page.on("dialog", leave)
    console.page.route(PART, lambda _: None)  # parts that never arrive
    expect(upload(console, file_name).get_by_role("button", name="Pause")).to_be_visible()
    console.page.reload()
    assert asked == ["beforeunload"]


def test_a_failed_upload_goes_when_it_is_dismissed(console: Console) -> None:
    shown = upload(console, "a/b.ckpt")
    shown.get_by_role("button", name="Dismiss").click()
    expect(shown).to_have_count(0)


def zoomed(console: Console) -> Locator:
    console.output.locator(".open").click()
    return console.page.get_by_role("dialog", name="The picture, large")


def test_what_is_zoomed_into_is_moved_by_keys_and_pointer_and_never_lost(console: Console) -> None:
    console.drawn(batch_size=2, steps=2)
    zoom, mouse, keys = zoomed(console), console.page.mouse, console.page.keyboard
    picture = zoom.locator("img")
    mouse.move(640, 400)
    mouse.down()
    mouse.move(1200, 850, steps=3)
    mouse.up()
    expect(picture).to_have_attribute("style", "transform: translate(0px, 0px) scale(1);")
    keys.press("+")
    keys.press("ArrowRight")
    expect(picture).to_have_attribute("style", "transform: translate(-80px, 0px) scale(1.5);")
    for _ in range(5):
        keys.press("ArrowRight")
    most = picture.evaluate("picture => picture.clientWidth") / 4
    expect(picture).to_have_attribute("style", f"transform: translate(-{most:g}px, 0px) scale(1.5);")
    expect(zoom.get_by_text("1 of 2")).to_be_visible()


def test_a_press_beside_the_picture_closes_it_and_the_gallery_shows_the_one_that_was_chosen(console: Console) -> None:
    id = console.drawn(batch_size=2, steps=2)
    zoom = zoomed(console)
    console.page.keyboard.press("ArrowRight")
    expect(zoom.get_by_text("2 of 2")).to_be_visible()
    with console.page.expect_request(f"**/jobs/{id}"):
        zoom.locator("img").dispatch_event("error")  # as if its link had expired
    console.page.mouse.click(5, 5)
    expect(zoom).to_have_count(0)
    expect(console.output.locator(".gallery").get_by_text("2 of 2")).to_be_visible()
    expect(console.output.locator(".open")).to_be_focused()


def test_a_window_of_a_few_lines_is_not_filled_by_what_stands_still(console: Console) -> None:
    console.page.set_viewport_size({"width": 320, "height": 256})
    expect(console.generate).not_to_be_in_viewport()
    console.page.mouse.wheel(0, 600)
    expect(console.page.get_by_role("banner")).not_to_be_in_viewport()
