"""What the API may answer, given to the page in its place."""

import json
import re
from typing import Any

from playwright.sync_api import Page, Route

HEADERS = {"access-control-allow-origin": "*", "content-type": "application/json"}
ENDPOINTS, MODELS = (re.compile(rf"/{collection}(\?|$)") for collection in ("endpoints", "models"))


def modelled(page: Page, *more: tuple[str, str], refresh: str = "Refresh the models") -> None:
    """Has the page also see these models, by type and name, once that button is pressed."""

    def answer(route: Route) -> None:
        found: dict[str, Any] = route.fetch().json()
        checkpoint = next(model for model in found["models"] if model["type"] == "checkpoint")
        found["models"] += [checkpoint | {"type": type, "name": name} for type, name in more]
        route.fulfill(headers=HEADERS, body=json.dumps(found))

    page.route(MODELS, answer)
    page.get_by_role("button", name=refresh).click()


def without(page: Page, collection: str) -> None:
    """Has the page see none of them from its next look on."""
    nothing = json.dumps({collection: [], "next_cursor": None})
    page.route(
        {"endpoints": ENDPOINTS, "models": MODELS}[collection],
        lambda route: route.fulfill(headers=HEADERS, body=nothing),
    )
