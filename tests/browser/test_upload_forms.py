"""Uploads as they are handled on the page: begun, refused, resumed, dismissed, and left in the middle."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Locator, Request, Route, expect

from goc.client import Client
from tests.browser.console import Console
from tests.browser.uploads import filled, uploads
from tests.e2e.user import User

PART = re.compile(r"partNumber=(\d+)")


@pytest.fixture
def file_name(client: Client) -> Iterator[str]:
    """The name of a checkpoint that the test uploads on the page."""
    yield "by-hand.safetensors"
    client.delete_model("checkpoint", "by-hand")


def upload(console: Console, name: str) -> Locator:
    """Begin one; returns what is shown of it."""
    filled(console, name).click()
    return uploads(console).filter(has_text=name)


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


def test_a_second_press_is_no_second_upload(console: Console, user: User) -> None:
    page = console.page
    page.route(PART, lambda _: None)  # parts that never arrive
    begin = filled(console, "twice.safetensors")
    begin.dblclick()
    shown = uploads(console)
    expect(shown).to_have_count(1)
    page.get_by_role("button", name="Pause").click()
    begin.click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(shown).to_have_count(1)
    page.get_by_role("button", name="Pause").click()
    user.http.delete("/models/checkpoint/twice")


@pytest.mark.parametrize(
    ("name", "said"), [("shapes.safetensors", "There is a checkpoint 'shapes'"), ("a/b.ckpt", "a file's name alone")]
)
def test_a_refused_upload_says_so_beside_its_name(console: Console, tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"x" * 2000)
    filled(console, name, tmp_path / "model.safetensors").click()
    expect(console.page.locator("[data-field=name]").get_by_role("alert").first).to_contain_text(said)
