"""Models: their table, uploads in parts, and what becomes of those."""

import re
from collections.abc import Callable

from playwright.sync_api import Request, Response, Route, expect

from tests.browser.canned import without
from tests.browser.console import Console
from tests.browser.uploads import filled, uploads
from tests.e2e.user import User

A_MOMENT = "fetch('config.json').then((answer) => answer.text())"  # as long as an answer takes
SLOW = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 1_000_000}


def test_an_upload_is_paused_resumed_and_becomes_a_model(
    console: Console, pictured: Callable[[str], None], user: User
) -> None:
    network = console.page.context.new_cdp_session(console.page)
    network.send("Network.emulateNetworkConditions", SLOW)
    filled(console, "again.safetensors").click()
    page = console.page
    pause = page.get_by_role("button", name="Pause again.safetensors")
    expect(pause).to_be_visible()
    pause.click()
    expect(page.get_by_text("Paused at")).to_be_visible()
    pictured("models")
    network.send("Network.emulateNetworkConditions", SLOW | {"uploadThroughput": -1})
    page.get_by_role("button", name="Resume again.safetensors").click()
    row = page.get_by_role("row").filter(has_text="again")
    expect(row).to_contain_text("active", timeout=30_000)
    expect(uploads(console)).to_have_count(0)
    row.get_by_role("button", name="Delete the checkpoint again").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)
    assert "again" not in [model["name"] for model in user.list("models")]


def test_an_upload_that_is_being_checked_is_asked_about_once_a_minute_and_not_for_ever(console: Console) -> None:
    """For an hour of the browser's clock."""
    asked: list[str] = []

    def checking(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(json={"state": "checking"}, headers={"access-control-allow-origin": "*"})

    page = console.page
    whole = {"upload": {"id": "1", "part_size": 5_242_880, "parts": []}}
    page.route("**/models", lambda route: route.fulfill(json=whole, headers={"access-control-allow-origin": "*"}))
    page.route("**/complete", checking)
    begin = filled(console, "slow.safetensors")
    page.clock.install()
    with page.expect_response("**/complete"):
        begin.click()
    shown = uploads(console)
    expect(shown).to_contain_text("it is being checked")
    for minutes in range(1, 10):
        page.evaluate(A_MOMENT)
        page.clock.fast_forward(59_000)
        page.evaluate(A_MOMENT)
        assert len(asked) == minutes
        with page.expect_response("**/complete"):
            page.clock.fast_forward(1_000)
    expect(shown).to_have_count(0)
    page.clock.fast_forward("50:00")
    page.evaluate(A_MOMENT)
    assert len(asked) == 10


def test_links_that_expire_in_the_middle_are_asked_for_again(console: Console, user: User) -> None:
    """The bucket's answer to a link from an hour ago is given here, once part 1 has arrived."""
    begun: list[Request] = []
    expired: list[Route] = []

    def put(route: Route) -> None:
        if route.request.method == "PUT" and "partNumber=2" in route.request.url and not expired:
            return expired.append(route)
        return route.continue_()

    def arrived(answer: Response) -> None:
        if answer.request.method == "PUT" and "partNumber=1" in answer.url:
            expired[0].fulfill(status=403, headers={"access-control-allow-origin": "*"}, body="Request has expired")

    page = console.page
    page.route(re.compile("partNumber="), put)
    page.on("response", arrived)
    page.on("request", lambda request: begun.append(request) if _begins(request) else None)
    filled(console, "late.safetensors").dblclick()
    row = page.get_by_role("row").filter(has_text="late")
    expect(row).to_contain_text("active", timeout=30_000)
    assert len(begun) == 3  # the last one finds that nothing is missing
    user.http.delete("/models/checkpoint/late")


def _begins(request: Request) -> bool:
    return request.method == "POST" and request.url.endswith("/models")


def test_without_a_model_the_table_says_so(console: Console) -> None:
    without(console.page, "models")
    console.page.reload()
    console.open("Models")
    expect(console.page.get_by_role("table")).to_contain_text("No models yet: upload one.")
