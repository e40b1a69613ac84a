"""What a person does on the page."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Download, Locator, Page, Request, Response, expect

from tests.waiting import eventually

AXE = Path(__file__).parent.parent.parent / "node_modules/axe-core/axe.min.js"


def an_order(sent: Response) -> bool:
    return _orders(sent.request)


def _orders(request: Request) -> bool:
    return request.method == "POST" and request.url.endswith("/jobs")


class Console:
    def __init__(self, page: Page) -> None:
        self.page = page
        self.generate = page.get_by_role("button", name="Generate on Cloud")
        self.said = page.locator("#generate-said")
        self.output = page.get_by_role("region", name="Output")
        self.large = self.output.locator(".large img")
        self.rows = page.get_by_role("listbox", name="Inference jobs, newest first")

    def until_ready(self) -> None:
        """Wait until something can be ordered."""
        expect(self.generate).to_be_enabled()

    def field(self, label: str) -> Locator:
        """A field of the task that is shown, by its label."""
        return self.page.get_by_label(label, exact=True).locator("visible=true")

    def fill(self, **values: Any) -> None:
        """Fill in fields of the task that is shown, by their names."""
        for name, value in values.items():
            self.page.locator(f".workspace:visible [name={name}]").fill(str(value))

    def open(self, tab: str) -> None:
        link = self.page.get_by_role("link", name=tab, exact=True)
        link.click()
        expect(link).to_have_attribute("aria-current", "page")

    def order(self, **values: Any) -> str:
        """Order; returns the job's id, which the page says at once."""
        self.fill(**values)
        with self.page.expect_response(an_order) as sent:
            self.generate.click()
        id: str = sent.value.json()["id"]
        expect(self.said).to_contain_text(id)
        return id

    def orders(self) -> list[Request]:
        """All orders that the page sends from now on."""
        sent: list[Request] = []
        self.page.on("request", lambda request: sent.append(request) if _orders(request) else None)
        return sent

    def until(self, state: str) -> None:
        """Wait until the job that is shown is in this state."""
        expect(self.output.locator(".job-name .state")).to_have_text(state, timeout=60_000)

    def drawn(self, **values: Any) -> str:
        """Order, and wait for the picture; returns the job's id."""
        id = self.order(**values)
        self.until("succeeded")
        self.until_loaded(self.large)
        return id

    def until_loaded(self, image: Locator) -> None:
        """Wait for it, at most as long as a job may take."""
        expect(image).to_be_visible(timeout=60_000)
        eventually(lambda: image.evaluate("image => image.complete && image.naturalWidth > 0"))

    def switch_controlnet_on(self) -> Locator:
        """Returns its first unit."""
        self.page.locator(".workspace:visible .controlnet > summary").click()
        unit = self.page.get_by_role("form", name="ControlNet unit 0").locator("visible=true")
        unit.get_by_label("Enable unit 0").check()
        return unit

    def press(self, label: str) -> None:
        self.output.get_by_role("button", name=label, exact=True).click()

    def downloaded(self, press: Callable[[], None]) -> Download:
        with self.page.expect_download() as download:
            press()
        return download.value

    def row(self, id: str) -> Locator:
        return self.page.locator(f"#row-{id}")

    def violations(self) -> list[str]:
        """What axe finds wrong with the page as it is."""
        self.page.evaluate(AXE.read_text())
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found["violations"]]
