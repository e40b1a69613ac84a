"""Endpoints: made, rescaled, removed, and which of them may be chosen meanwhile."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, expect

from goc.client import Client
from local.cloud import Cloud
from tests.browser.console import Console
from tests.e2e.endpoints import ended

NO_TIMERS = "for (let id = setTimeout(() => {}); id; id -= 1) clearTimeout(id); window.setTimeout = () => 0"
PATIENTLY = 60_000  # where nothing changes, the page looks every 30 s


@pytest.fixture
def name(client: Client) -> Iterator[str]:
    """The name of an endpoint that the test makes on the page."""
    name = "goc-dev-by-hand"
    yield name
    client.delete_endpoint(name, force=True)
    ended(client, name)


def create(console: Console, name: str) -> Locator:
    """Create it; returns the endpoint's card."""
    console.open("Endpoints")
    page = console.page
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Create").click()
    dialog = page.get_by_role("dialog", name="Create this endpoint?")
    expect(dialog).to_contain_text("Each ml.g5.xlarge costs $1.41 an hour")
    dialog.get_by_role("button", name="Create").click()
    return page.get_by_role("article", name=f"Endpoint {name}")


def option(console: Console, name: str) -> Locator:
    return console.page.get_by_label("Select Cloud SageMaker Endpoint").locator(f"option[value={name}]")


def test_an_endpoint_that_is_not_in_service_is_greyed_with_its_state_until_it_is(
    console: Console, name: str, pictured: Callable[[str], None], client: Client
) -> None:
    card = create(console, name)
    expect(card.locator(".state")).to_have_text("Creating")
    expect(option(console, name)).to_be_disabled()
    expect(option(console, name)).to_have_text(f"{name} · Creating")
    pictured("endpoints")
    client.wait_for_endpoint(name)
    expect(card.locator(".state")).to_have_text("InService", timeout=PATIENTLY)
    expect(option(console, name)).to_be_enabled(timeout=PATIENTLY)
    card.get_by_role("button", name="Rescale").click()
    dialog = console.page.get_by_role("dialog", name=f"Rescale {name}")
    expect(dialog).to_contain_text("Each instance costs $1.41 an hour while it runs.")
    dialog.get_by_label("Instances at the most").fill("2")
    pictured("rescale")
    dialog.get_by_role("button", name="Rescale").click()
    expect(card).to_contain_text("0 to 2")


def test_the_cards_are_there_as_soon_as_their_tab_is_opened(console: Console, cloud: Cloud) -> None:
    """By the request that opening it makes: without timers, no later one comes."""
    console.page.evaluate(NO_TIMERS)
    console.open("Endpoints")
    expect(console.page.get_by_role("article", name=f"Endpoint {cloud.endpoint}")).to_be_visible()


def test_a_killed_endpoint_greys_the_order_and_says_why(console: Console, name: str, client: Client) -> None:
    client.create_endpoint("ml.g5.xlarge", name)
    client.wait_for_endpoint(name)
    expect(option(console, name)).to_be_enabled(timeout=PATIENTLY)
    console.page.get_by_label("Select Cloud SageMaker Endpoint").select_option(name)
    expect(console.generate).to_be_enabled()
    client.delete_endpoint(name)
    console.page.get_by_role("button", name="Refresh the endpoints").click()
    expect(console.generate).to_be_disabled()
    expect(console.said).to_have_text(re.compile(f"{name} is Deleting|There is no endpoint {name}"))


def test_what_the_api_refuses_stands_beside_its_field_and_an_endpoint_goes_after_a_question(
    console: Console, client: Client
) -> None:
    console.open("Endpoints")
    console.page.get_by_label("Instance type").fill("ml.unheard-of")
    console.page.get_by_role("button", name="Create").click()
    console.page.get_by_role("dialog").get_by_role("button", name="Create").click()
    field = console.page.locator("form [data-field=instance_type]")
    expect(field.get_by_role("alert")).to_contain_text("It is one of SageMaker's instance types")
    name = client.create_endpoint("ml.g5.xlarge", "goc-dev-short").name
    client.wait_for_endpoint(name)
    card = console.page.get_by_role("article", name=f"Endpoint {name}")
    card.get_by_role("button", name="Delete").click(timeout=PATIENTLY)
    dialog = console.page.get_by_role("dialog", name=f"Delete the endpoint {name}?")
    dialog.get_by_role("button", name="Cancel").click()
    expect(card.locator(".state")).to_have_text("InService")
    card.get_by_role("button", name="Delete").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(card.locator(".state")).to_have_text(re.compile("Deleting|Deleted"))
    ended(client, name)
