"""Jobs: the list, one of them followed, and what may go wrong with it."""

import json
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from playwright.sync_api import BrowserContext, Locator, Route, expect

from local.cloud import Cloud
from tests.browser.console import Console
from tests.e2e.user import User

MARKUP = "<img src=x onerror=\"document.title='stolen'\"> & <b>bold</b>"


def test_a_reload_in_the_middle_goes_on_following_the_job(console: Console) -> None:
    id = console.order(steps=60)
    console.page.reload()
    expect(console.output.locator(".job-name")).to_contain_text(id)
    console.until("succeeded")


def test_two_tabs_see_each_others_jobs_and_keep_their_own_forms(
    console: Console, context: BrowserContext, cloud: Cloud
) -> None:
    other = Console(context.new_page())
    other.page.goto(f"{cloud.console}/#key={cloud.key}")
    other.until_ready()
    console.fill(prompt="a square in one tab")
    other.fill(prompt="a circle in the other")
    id = other.drawn(steps=2)
    expect(console.row(id)).to_contain_text("succeeded", timeout=30_000)
    console.page.reload()
    expect(console.page.locator(".workspace:visible [name=prompt]")).to_have_value("a square in one tab")


def test_a_prompt_with_markup_is_shown_as_it_was_typed(console: Console, pictured: Callable[[str], None]) -> None:
    console.drawn(prompt=MARKUP, steps=1)
    expect(console.output.locator("pre").first).to_have_text(MARKUP)
    expect(console.output.locator("b")).to_have_count(0)
    assert console.page.title() == "Generate on Cloud"
    pictured("markup")


def test_an_expired_link_is_renewed_for_the_gallery_and_for_saving(console: Console, user: User) -> None:
    """The local bucket accepts links of any age, so S3's answer to an old one is given here."""
    id = console.drawn(steps=2)
    job = user.job(id)
    first = job["images"][0]["url"]
    link = re.compile(re.escape(first.partition("?")[0]))
    expired: set[str] = set()
    seen: list[int] = []
    console.page.route(link, lambda route: _refuse_expired(route, expired))
    console.page.on("response", lambda answer: seen.append(answer.status) if link.match(answer.url) else None)
    console.page.route(f"**/jobs/{id}", lambda route: route.fulfill(json=job, headers=HEADERS), times=1)
    _expire(console, first, expired)
    console.page.reload()
    console.until_loaded(console.large)
    assert seen == [403, 200]
    _expire(console, console.large.get_attribute("src") or "", expired)
    assert console.downloaded(lambda: console.press("Save")).suggested_filename.startswith(id)
    assert seen == [403, 200, 403, 200]


def _expire(console: Console, link: str, expired: set[str]) -> None:
    """Links are dated to the second: one made within the same second would be the same."""
    expired.add(link)
    console.page.wait_for_timeout(1_000)


def _refuse_expired(route: Route, expired: set[str]) -> None:
    if route.request.url not in expired:
        return route.continue_()
    body = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
    headers = {"access-control-allow-origin": "*", "content-type": "application/xml"}
    return route.fulfill(status=403, headers=headers, body=body)


def test_a_failed_job_says_why(console: Console, user: User) -> None:
    id = console.drawn(steps=1)
    reason = "CUDA out of memory: order fewer pictures at once, or smaller ones."
    job = user.job(id) | {"status": "failed", "error": reason, "images": []}
    answer = {"access-control-allow-origin": "*"}
    console.page.route(f"**/jobs/{id}", lambda route: route.fulfill(json=job, headers=answer))
    console.page.reload()
    expect(console.output.get_by_role("alert")).to_have_text(reason)


def test_a_job_whose_endpoint_is_killed_says_what_became_of_it_and_the_next_one_is_drawn(
    console: Console, cloud: Cloud, pictured: Callable[[str], None]
) -> None:
    id = console.order(steps=150, width=256, height=256, n_iter=20)
    expect(console.output.get_by_text("% · Step")).to_be_visible()
    os.kill(_container(cloud), signal.SIGKILL)
    console.until("failed")
    expect(console.output.get_by_role("alert")).to_have_text(re.compile("The container exited with status -9"))
    expect(console.output.get_by_role("progressbar")).to_be_hidden()
    expect(console.row(id)).to_contain_text("failed")
    pictured("killed")
    console.drawn(steps=2, width=128, height=128, n_iter=1)


def _container(cloud: Cloud) -> int:
    """The process that draws for the endpoint: the one that was told where its credentials come from."""
    told = f"{boto3.client('sagemaker').meta.endpoint_url}/credentials/{cloud.endpoint}".encode()
    (process,) = [each for each in Path("/proc").glob("[0-9]*") if told in _environment(each).split(b"\0")]
    return int(process.name)


def _environment(process: Path) -> bytes:
    """A process's environment, with names and values apart."""
    try:
        return (process / "environ").read_bytes().replace(b"=", b"\0")
    except OSError:  # gone, or another user's
        return b""


def test_a_deleted_job_is_gone_from_the_list_once_it_is_confirmed(console: Console, user: User) -> None:
    id = console.drawn(steps=1)
    console.press("Delete")
    dialog = console.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Cancel").click()
    expect(console.row(id)).to_be_visible()
    console.press("Delete")
    dialog.get_by_role("button", name="Delete").click()
    expect(console.row(id)).to_have_count(0)
    assert id not in [job["id"] for job in user.list("jobs")]


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


HEADERS = {"access-control-allow-origin": "*", "content-type": "application/json"}


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
