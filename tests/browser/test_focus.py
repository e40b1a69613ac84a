"""Where the focus is after something has changed: never nowhere."""

import json

from playwright.sync_api import Page, Route, expect

from tests.browser.canned import HEADERS, MODELS, modelled
from tests.browser.console import Console
from tests.e2e.user import User


def test_cancel_keeps_the_focus_while_the_job_begins(console: Console, user: User) -> None:
    ahead = user.submit(steps=150, width=256, height=256, n_iter=20)
    console.order(steps=150, width=256, height=256, n_iter=20)
    console.until("queued")
    cancel = console.output.get_by_role("button", name="Cancel")
    cancel.focus()
    user.http.post(f"/jobs/{ahead}/cancel")
    console.until("running")
    expect(cancel).to_be_focused()
    cancel.press("Enter")
    console.until("cancelled")
    expect(console.output.locator(".job-name")).to_be_focused()


def test_after_a_job_is_deleted_the_output_has_the_focus(console: Console) -> None:
    console.drawn(steps=1)
    console.press("Delete")
    console.page.get_by_role("dialog").get_by_role("button", name="Delete").press("Enter")
    expect(console.output.get_by_text("Pictures appear here.")).to_be_focused()


def test_a_button_that_is_at_work_keeps_the_focus_and_does_it_once(console: Console) -> None:
    id = console.drawn(steps=1)
    asked: list[str] = []
    held: list[Route] = []

    def hold(route: Route) -> None:
        asked.append(route.request.url)
        held.append(route)

    console.page.route(lambda url: id in url and "outputs" in url, hold)
    save = console.output.get_by_role("button", name="Save")
    save.press("Enter")
    expect(save).to_be_disabled()  # by aria-disabled, which keeps the focus
    expect(save).to_be_focused()
    save.press("Enter")
    with console.page.expect_download():
        held[0].continue_()
    expect(save).to_be_enabled()
    assert len(asked) == 1


def _listing(page: Page, *names: str) -> None:
    def answer(route: Route) -> None:
        found = route.fetch().json()
        first = found["models"][0]
        found["models"] = [first | {"type": "lora", "name": name, "size": len(names)} for name in names]
        route.fulfill(headers=HEADERS, body=json.dumps(found))

    page.unroute(MODELS)
    page.route(MODELS, answer)


def test_the_table_of_models_keeps_the_focus_and_passes_it_on(console: Console) -> None:
    console.open("Models")
    page = console.page
    refresh = page.get_by_role("button", name="Refresh the table of models")
    delete = page.get_by_role("button", name="Delete the lora")
    _listing(page, "b", "c")
    refresh.click()
    expect(delete).to_have_count(2)
    delete.first.focus()
    _listing(page, "a", "b", "c")
    page.evaluate("document.querySelector('[aria-label=\"Refresh the table of models\"]').click()")
    expect(delete).to_have_count(3)
    expect(page.get_by_role("button", name="Delete the lora b")).to_be_focused()
    _listing(page, "a", "c")
    page.evaluate("document.querySelector('[aria-label=\"Refresh the table of models\"]').click()")
    expect(delete).to_have_count(2)
    expect(page.get_by_role("button", name="Delete the lora c")).to_be_focused()


def test_a_model_that_a_job_uses_is_deleted_once_that_is_confirmed_too(console: Console) -> None:
    asked: list[str] = []

    def refuse_at_first(route: Route) -> None:
        if route.request.method != "DELETE":
            return route.fallback()
        asked.append(route.request.url.partition("?")[2])
        if len(asked) == 1:
            return route.fulfill(status=409, json={"detail": "A job that is not done uses it."}, headers=HEADERS)
        return route.fulfill(status=204, headers=HEADERS)

    modelled(console.page, ("lora", "used"))
    console.page.route("**/models/lora/used*", refuse_at_first)
    console.open("Models")
    console.page.get_by_role("button", name="Delete the lora used").click()
    console.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    dialog = console.page.get_by_role("dialog", name="Delete the lora used all the same?")
    expect(dialog).to_contain_text("A job that is not done uses it.")
    with console.page.expect_response("**/models/lora/used?force=true"):
        dialog.get_by_role("button", name="Delete all the same").click()
    assert asked == ["", "force=true"]
