"""Jobs: one of them followed, and what may go wrong with it."""

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

import boto3
from playwright.sync_api import BrowserContext, Route, expect

from local.cloud import Cloud
from tests.browser.canned import HEADERS
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
