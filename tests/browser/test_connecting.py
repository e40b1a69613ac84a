"""The way in: address and key."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from local.cloud import Cloud
from tests.browser.console import Console, an_order


def connect(page: Page, key: str) -> None:
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Connect").click()


def test_the_address_is_filled_in_and_a_wrong_key_says_so(
    page: Page, cloud: Cloud, pictured: Callable[[str], None]
) -> None:
    page.goto(cloud.console)
    expect(page.get_by_label("API address")).to_have_value(cloud.api)
    connect(page, "nobodys")
    expect(page.get_by_role("alert")).to_contain_text("This key does not open the API")
    pictured("wrong-key")
    connect(page, cloud.key)
    Console(page).until_ready()


def test_a_double_click_connects_once_and_the_focus_goes_on(page: Page, cloud: Cloud) -> None:
    page.goto(cloud.console)
    page.get_by_label("API key").fill(cloud.key)
    page.get_by_role("button", name="Connect").dblclick()
    Console(page).until_ready()
    expect(page.locator(".studio")).to_have_count(1)
    expect(page.get_by_role("main")).to_be_focused()


REFUSING = """for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, {
    get() { throw new DOMException("It is forbidden to keep anything.", "SecurityError"); }
});"""


def test_a_browser_that_keeps_nothing_shows_the_page_all_the_same(page: Page, cloud: Cloud) -> None:
    page.add_init_script(REFUSING)
    page.goto(cloud.console)
    connect(page, cloud.key)
    console = Console(page)
    console.until_ready()
    console.drawn(prompt="a circle", steps=1)


@pytest.mark.parametrize("device", [False, True])
def test_the_key_stays_in_the_tab_unless_its_user_asks_for_more(page: Page, cloud: Cloud, device: bool) -> None:
    page.goto(cloud.console)
    page.get_by_label("Remember the key on this device").set_checked(device)
    connect(page, cloud.key)
    Console(page).until_ready()
    page.reload()
    Console(page).until_ready()
    other = page.context.new_page()
    other.goto(cloud.console)
    if device:
        Console(other).until_ready()
        other.get_by_role("button", name="Disconnect").click()
    expect(other.get_by_label("API key")).to_be_visible()


def test_a_key_that_is_revoked_meanwhile_is_said_with_the_way_out(console: Console) -> None:
    console.page.route("**/dev/_user_request_/**", _refuse)
    console.page.get_by_role("button", name="Refresh the jobs").click()
    expect(console.page.get_by_role("alert").first).to_contain_text("The API refuses this key.")
    console.page.get_by_role("button", name="Change the key").click()
    expect(console.page.get_by_label("API key")).to_be_visible()


def _refuse(route: Route) -> None:
    headers = {"access-control-allow-origin": "*", "content-type": "application/problem+json"}
    route.fulfill(status=403, headers=headers, body='{"detail": "The x-api-key header is missing or no key."}')


@pytest.mark.parametrize(
    ("status", "said"),
    [(429, "The API takes no more requests of this key for now. Trying"), (500, "The API has failed. Trying")],
)
def test_an_api_that_is_asked_too_much_or_fails_is_said_until_it_answers(
    console: Console, status: int, said: str
) -> None:
    trouble = console.page.locator("#trouble")
    headers = {"access-control-allow-origin": "*"}
    console.page.route("**/dev/_user_request_/**", lambda route: route.fulfill(status=status, headers=headers, body=""))
    console.page.get_by_role("button", name="Refresh the jobs").click()
    expect(trouble).to_contain_text(said)
    console.page.unroute("**/dev/_user_request_/**")
    expect(trouble).to_be_hidden(timeout=30_000)


def test_a_quota_that_is_used_up_is_said_at_once_and_not_asked_again(console: Console) -> None:
    asked: list[str] = []
    headers = {
        "access-control-allow-origin": "*",
        "access-control-expose-headers": "Retry-After",
        "retry-after": "3600",
    }

    def refuse(route: Route) -> None:
        asked.append(route.request.method)
        route.fulfill(status=429, headers=headers, json={"detail": "It is used up."})

    console.page.route(lambda url: "/jobs" in url, refuse)
    console.page.get_by_role("button", name="Refresh the jobs").click()
    expect(console.page.locator("#trouble")).to_contain_text("Trying again in 1 h 0 min", timeout=5_000)
    console.generate.click()
    expect(console.page.locator(".order-bar").get_by_role("alert")).to_have_text("It is used up.", timeout=5_000)
    console.page.wait_for_timeout(3_000)
    assert asked == ["GET", "POST"]


def test_a_failure_is_said_with_the_first_try(console: Console) -> None:
    console.page.route("**/jobs?*", lambda route: route.abort())
    console.page.get_by_role("button", name="Refresh the jobs").click()
    expect(console.page.locator("#trouble")).to_contain_text("The API does not answer.", timeout=1_500)


def test_a_network_that_fails_is_said_and_recovers_by_itself(console: Console) -> None:
    trouble = console.page.locator("#trouble")
    console.page.context.set_offline(True)
    console.page.get_by_role("button", name="Refresh the jobs").click()
    expect(trouble).to_contain_text("The API does not answer. Trying again", timeout=15_000)
    console.page.context.set_offline(False)
    expect(trouble).to_be_hidden(timeout=30_000)


def test_an_order_that_got_no_answer_is_sent_again_and_drawn_once(console: Console) -> None:
    """The first answer is lost on its way; the order's idempotency key makes the second the same job."""
    ids: list[str] = []

    def lose_the_first(route: Route) -> None:
        if route.request.method != "POST":
            return route.continue_()
        answer = route.fetch()
        ids.append(answer.json()["id"])
        return route.abort() if len(ids) == 1 else route.fulfill(response=answer)

    console.page.route("**/dev/_user_request_/jobs", lose_the_first)
    console.generate.click()
    expect(console.said).to_contain_text("Ordered", timeout=15_000)
    assert len(ids) == 2
    assert ids[0] == ids[1]


def test_an_order_pressed_again_after_no_answer_is_the_same_order_and_the_next_one_is_another(console: Console) -> None:
    keys: list[str] = []
    lost = [True]

    def lose(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        return route.abort() if lost else route.continue_()

    console.page.route(lambda url: url.endswith("/jobs"), lose)
    console.fill(steps=1)
    console.generate.click()
    expect(console.page.locator(".order-bar").get_by_role("alert")).to_have_text("The API does not answer.")
    lost.clear()
    console.generate.click()
    expect(console.said).to_contain_text("Ordered: job")
    assert len(set(keys)) == 1
    with console.page.expect_response(an_order):
        console.generate.click()
    assert len(set(keys)) == 2


def test_a_delete_whose_answer_was_lost_has_deleted(console: Console) -> None:
    id = console.drawn(steps=1)
    tries: list[str] = []

    def lose_the_first(route: Route) -> None:
        if route.request.method != "DELETE":
            return route.fallback()
        tries.append(route.request.method)
        if len(tries) > 1:
            return route.continue_()
        route.fetch()
        return route.abort()

    console.page.route(f"**/jobs/{id}", lose_the_first)
    console.press("Delete")
    console.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(console.output.get_by_text("Pictures appear here.")).to_be_visible()
    expect(console.row(id)).to_have_count(0)
    assert len(tries) == 2
