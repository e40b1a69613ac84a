"""The list of jobs: what is in it, how often it is asked for, and how one of them is chosen."""

import json
from typing import Any

from playwright.sync_api import Locator, Route, expect

from tests.browser.canned import HEADERS
from tests.browser.console import Console
from tests.e2e.user import User


def test_the_list_is_filtered_by_state_and_kind(console: Console, user: User) -> None:
    id = user.submit(steps=1)
    user.finished(id)
    expect(console.row(id)).to_be_visible(timeout=30_000)
    console.page.get_by_label("State", exact=True).select_option("cancelled")
    expect(console.row(id)).to_have_count(0)
    console.page.get_by_label("State", exact=True).select_option("succeeded")
    expect(console.row(id)).to_be_visible()
    console.page.get_by_label("Kind", exact=True).select_option("img2img")
    expect(console.row(id)).to_have_count(0)


def test_a_rare_kind_is_found_behind_all_others_and_stays(console: Console) -> None:
    rare = _job(300) | {"task": "img2img"}
    _listed(console, [*map(_job, range(300)), rare])
    console.page.get_by_label("Kind", exact=True).select_option("img2img")
    expect(console.row(rare["id"])).to_be_visible()
    expect(_count(console)).to_have_text("1")
    for _ in range(2):
        with console.page.expect_response("**/jobs?*"):
            console.page.get_by_role("button", name="Refresh the jobs").click()
        expect(console.row(rare["id"])).to_be_visible()
    console.page.get_by_label("Kind", exact=True).select_option("")
    expect(console.row(_job(0)["id"])).to_be_visible()


def test_an_old_job_that_waits_is_looked_at_until_it_is_done(console: Console) -> None:
    jobs = [*map(_job, range(160))]
    jobs[155] |= {"status": "queued"}
    _listed(console, jobs)
    expect(_count(console)).to_have_text("50 and more")
    console.rows.focus()
    for count in ("150 and more", "160"):
        console.page.keyboard.press("End")
        expect(_count(console)).to_have_text(count)
    console.page.keyboard.press("End")
    expect(console.row(jobs[155]["id"])).to_contain_text("queued")
    jobs[155] |= {"status": "succeeded"}
    del jobs[157]
    expect(console.row(jobs[155]["id"])).to_contain_text("succeeded")
    expect(_count(console)).to_have_text("159")


def test_a_job_that_is_gone_leaves_the_list_and_is_said_to_be(console: Console) -> None:
    id = "01aaaaaa-0000-7000-8000-000000000000"
    _listed(console, [_job(0) | {"id": id}])
    console.row(id).click()
    expect(console.output.get_by_role("status")).to_have_text(f"The job {id} is gone: it was deleted.")
    expect(console.rows.get_by_role("option", selected=True)).to_have_count(0)


def test_a_row_is_chosen_without_a_pointer(console: Console, user: User) -> None:
    """As a screen reader does it."""
    id = user.submit(steps=1)
    console.row(id).dispatch_event("click")
    expect(console.output.locator(".job-name")).to_contain_text(id)


def test_the_list_of_jobs_is_asked_ever_less_often_while_a_job_only_waits(console: Console) -> None:
    """A minute of the browser's clock, in which it would ask forty times at its first pace."""
    waiting = _job(0) | {"status": "queued", "progress": 0}
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(headers=HEADERS, body=json.dumps({"jobs": [waiting], "next_cursor": None}))

    page = console.page
    page.route("**/jobs?*", answer)
    page.clock.install()
    page.reload()
    expect(console.row(waiting["id"])).to_contain_text("queued")
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


def _count(console: Console) -> Locator:
    return console.page.get_by_role("region", name="Inference Job").get_by_role("status")


def _listed(console: Console, jobs: list[dict[str, Any]]) -> None:
    """Has the page see these jobs."""

    def answer(route: Route) -> None:
        """As the API does: jobs of another kind are read, and left out."""
        query = dict(each.split("=") for each in route.request.url.partition("?")[2].split("&"))
        found = [job for job in jobs if query.get("cursor", "~") > job["id"]]
        read = found[: int(query["limit"])]
        shown = [job for job in read if query.get("task", job["task"]) == job["task"]]
        route.fulfill(
            json={"jobs": shown, "next_cursor": read[-1]["id"] if len(read) < len(found) else None}, headers=HEADERS
        )

    console.page.route("**/jobs?*", answer)
    console.page.reload()


def test_where_there_is_no_job_yet_the_list_says_so(console: Console) -> None:
    none = json.dumps({"jobs": [], "next_cursor": None})
    console.page.route("**/jobs?*", lambda route: route.fulfill(body=none, headers=HEADERS))
    console.page.reload()
    expect(console.page.get_by_role("region", name="Inference Job").get_by_role("status")).to_have_text("None yet")
    expect(console.rows).to_be_hidden()


def test_ten_thousand_jobs_scroll_with_a_handful_of_rows_in_the_page(console: Console) -> None:
    """The first row and the last are both reached by the keyboard, and what is out of sight is not in the page."""
    console.page.route("**/jobs?*", lambda route: route.fulfill(body=_page_of(route), headers=HEADERS))
    console.page.reload()
    console.rows.focus()
    loaded = console.page.get_by_role("region", name="Inference Job").get_by_role("status")
    expect(loaded).to_contain_text("more")
    while "more" in (loaded.text_content() or ""):
        before = loaded.text_content()
        console.page.keyboard.press("End")
        expect(loaded).not_to_have_text(before or "")
    expect(loaded).to_have_text("10,000")
    console.page.keyboard.press("End")
    last = console.rows.get_by_role("option", selected=False).last
    expect(last).to_contain_text(_job(9_999)["id"])
    expect(last).to_have_attribute("aria-posinset", "10000")
    assert console.rows.get_by_role("option").count() < 60


def _job(number: int) -> dict[str, Any]:
    return {
        "id": f"{99_999 - number:08x}-0000-7000-8000-000000000000",
        "task": "txt2img",
        "status": "succeeded",
        "endpoint": "goc-dev-main",
        "checkpoint": "shapes",
        "progress": 1.0,
        "created_at": "2026-01-01T00:00:00.000Z",
        "started_at": None,
        "finished_at": None,
    }


def _page_of(route: Route) -> str:
    query = dict(each.split("=") for each in route.request.url.partition("?")[2].split("&"))
    first, limit = int(query.get("cursor", "0")), int(query["limit"])
    after = first + limit
    jobs = [_job(number) for number in range(first, min(after, 10_000))]
    return json.dumps({"jobs": jobs, "next_cursor": str(after) if after < 10_000 else None})
