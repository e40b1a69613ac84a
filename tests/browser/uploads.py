"""The form that uploads a model, and what is shown of uploads."""

from pathlib import Path

from playwright.sync_api import Locator

from local.furnishing import MODELS
from tests.browser.console import Console

SHAPES = MODELS / "checkpoint/shapes.safetensors"  # 10 MB: two parts


def filled(console: Console, name: str, file: Path = SHAPES) -> Locator:
    """Fill in the form; returns the button that begins the upload."""
    console.open("Models")
    console.page.get_by_label("File", exact=True).set_input_files(file)
    console.page.get_by_label("File name in the cloud").fill(name)
    return console.page.get_by_role("button", name="Upload")


def uploads(console: Console) -> Locator:
    return console.page.get_by_role("list", name="Uploads").get_by_role("listitem")
