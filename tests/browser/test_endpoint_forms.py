"""The forms that make and rescale an endpoint, as they are filled in."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from goc.client import Client
from local.cloud import Cloud
from tests.browser.console import Console


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
