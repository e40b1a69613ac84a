"""Pictures that the page is given, and those that it keeps."""

from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import Page

from tests.browser.console import Console


def drop(page: Page, place: str, file: Path) -> None:
    """Drop a file as a person does from their desktop."""
    drop_content(page, place, file.name, "image/png", file.read_bytes())


def drop_content(page: Page, place: str, name: str, type: str, content: bytes) -> None:
    transfer = page.evaluate_handle(
        """([bytes, name, type]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], name, {type}));
            return transfer;
        }""",
        [list(content), name, type],
    )
    page.dispatch_event(place, "drop", {"dataTransfer": transfer})


def saying(infotext: str, file: Path) -> Path:
    """A small picture that says this about itself, written to that file."""
    said = PngInfo()
    said.add_text("parameters", infotext)
    Image.new("RGB", (8, 8)).save(file, pnginfo=said)
    return file


def send_to_txt2img(console: Console, file: Path) -> None:
    """Drop a picture, and send what it says to txt2img."""
    drop(console.page, "main", file)
    console.page.get_by_role("dialog", name=file.name).get_by_role("button", name="Send to txt2img").click()


def kept(page: Page) -> list[str]:
    """The names of all pictures that the browser keeps for the page."""
    names: list[str] = page.evaluate(
        """() => new Promise((resolve) => {
            const opening = indexedDB.open("generate-on-cloud");
            opening.onsuccess = () => {
                const keys = opening.result.transaction("pictures").objectStore("pictures").getAllKeys();
                keys.onsuccess = () => resolve(keys.result);
            };
        })"""
    )
    return names


def mask_kept(page: Page) -> bool:
    """Whether the browser has stored the mask, which it does when it has the time."""
    return any(name.endswith("/img2img-mask") for name in kept(page))
