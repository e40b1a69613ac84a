"""A map that is looked at before the order, and the job that it takes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from local.cloud import Cloud
from tests.browser.canned import HEADERS
from tests.browser.console import Console, an_order
from tests.e2e.user import User
from tests.waiting import eventually


@pytest.fixture
def busy(user: User) -> Iterator[None]:
    """With an order that the endpoint draws for longer than the test takes, so that the next one waits."""
    id = user.submit(steps=150, width=256, height=256, n_iter=20)
    user.wait_for(id, "running")
    yield
    user.http.post(f"/jobs/{id}/cancel")


def preview(unit: Locator) -> Locator:
    return unit.get_by_role("button", name="Preview the map")


def gone(user: User, id: str) -> bool:
    return id not in [job["id"] for job in user.list("jobs")]


def until_gone(page: Page, user: User, id: str) -> None:
    """Playwright answers what a test routes only while it waits itself."""

    def is_gone() -> bool:
        page.wait_for_timeout(200)
        return gone(user, id)

    eventually(is_gone)


def previewed(console: Console, unit: Locator) -> str:
    """Ask for the map; returns its job's id."""
    with console.page.expect_response(an_order) as sent:
        preview(unit).click()
    id: str = sent.value.json()["id"]
    return id


def test_two_presses_make_one_map_whose_job_goes(console: Console, unit: Locator, user: User) -> None:
    orders = console.orders()
    with console.page.expect_response(an_order) as sent:
        preview(unit).dblclick()
    expect(preview(unit)).to_have_attribute("aria-disabled", "true")
    console.until_loaded(unit.get_by_alt_text("Detected map"))
    expect(preview(unit)).to_be_enabled()
    assert len(orders) == 1
    until_gone(console.page, user, sent.value.json()["id"])


def test_a_map_that_fails_leaves_no_job(console: Console, unit: Locator, user: User, busy: None) -> None:
    def refuse(route: Route) -> None:
        return route.fallback() if route.request.method != "GET" else route.fulfill(status=400, json={"detail": "No."})

    console.page.route("**/jobs/*", refuse)
    id = previewed(console, unit)
    expect(unit.locator(".map .refusal")).to_have_text("No.")
    expect(preview(unit)).to_be_enabled()
    until_gone(console.page, user, id)


def test_a_map_whose_job_can_not_be_deleted_yet_is_deleted_later(console: Console, unit: Locator, user: User) -> None:
    refused: list[str] = []

    def refuse(route: Route) -> None:
        if route.request.method == "DELETE" and not refused:
            refused.append(route.request.url)
            return route.fulfill(status=409, headers=HEADERS, json={"detail": "Try again in 20 seconds."})
        return route.fallback()

    console.page.route("**/jobs/*", refuse)
    id = previewed(console, unit)
    console.until_loaded(unit.get_by_alt_text("Detected map"))
    until_gone(console.page, user, id)
    assert refused


def test_a_page_that_is_left_stops_its_map_and_deletes_it_when_it_is_back(
    console: Console, unit: Locator, user: User, busy: None, cloud: Cloud
) -> None:
    id = previewed(console, unit)
    console.page.goto("about:blank")
    user.wait_for(id, "cancelled")
    console.page.goto(cloud.console)
    console.until_ready()
    until_gone(console.page, user, id)


def test_a_page_that_is_disconnected_deletes_its_map_first(
    console: Console, unit: Locator, user: User, busy: None
) -> None:
    id = previewed(console, unit)
    console.page.get_by_role("button", name="Disconnect").click()
    expect(console.page.get_by_label("API key")).to_be_visible()
    assert gone(user, id)


def test_a_tab_that_is_closed_leaves_its_map_to_the_next_one_and_an_open_tab_keeps_its_own(
    console: Console, unit: Locator, user: User, busy: None, cloud: Cloud, context: BrowserContext
) -> None:
    id = previewed(console, unit)
    other = Console(context.new_page())
    other.page.goto(f"{cloud.console}/#key={cloud.key}")
    other.until_ready()
    assert user.job(id)["status"] == "queued"
    console.page.close(run_before_unload=True)
    user.wait_for(id, "cancelled")
    other.page.reload()
    until_gone(other.page, user, id)


def test_a_map_goes_with_the_picture_that_it_was_made_of(console: Console, unit: Locator, triangle: Path) -> None:
    preview(unit).click()
    map = unit.get_by_alt_text("Detected map")
    console.until_loaded(map)
    unit.locator("input[type=file]").set_input_files(triangle)
    expect(map).to_be_hidden()
