"""What is dragged over the page, where it may be dropped, and what becomes of it."""

from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.console import Console
from tests.browser.pictures import drop_content

# Whether the page takes what is dragged over a place, so that the browser does not.
TAKEN = """([place, file]) => {
    const dataTransfer = new DataTransfer();
    if (file) dataTransfer.items.add(new File(["x"], "model.safetensors"));
    else dataTransfer.setData("text/plain", "a fox");
    const given = {bubbles: true, cancelable: true, dataTransfer};
    const events = ["dragover", "drop"].map((type) => new DragEvent(type, given));
    for (const event of events) document.querySelector(place).dispatchEvent(event);
    return events.map((event) => event.defaultPrevented);
}"""


@pytest.mark.parametrize(
    ("place", "file", "taken"),
    [
        ("main", True, True),
        ("#model-file", True, False),
        ("[name=prompt]", False, False),
        (".beginning .picture", False, False),
        (".beginning .picture", True, True),
    ],
)
def test_only_files_are_taken_and_not_where_a_field_takes_them(
    console: Console, place: str, file: bool, taken: bool
) -> None:
    assert console.page.evaluate(TAKEN, [place, file]) == [taken, taken]


def test_selected_words_are_dragged_into_a_prompt(console: Console) -> None:
    console.drawn(prompt="triangle", steps=1)
    console.fill(prompt="")
    shown = console.output.locator("pre").first
    shown.select_text()
    shown.drag_to(console.page.locator("[name=prompt]").first, source_position={"x": 20, "y": 8})
    expect(console.page.locator("[name=prompt]").first).to_have_value("triangle")


def test_a_picture_is_pasted_into_the_field_that_has_the_focus(page: Page, console: Console) -> None:
    console.open("img2img")
    page.evaluate(
        """async () => {
            const canvas = new OffscreenCanvas(64, 64);
            canvas.getContext("2d").fillRect(0, 0, 64, 64);
            const clipboardData = new DataTransfer();
            clipboardData.items.add(new File([await canvas.convertToBlob()], "pasted.png", {type: "image/png"}));
            const box = document.querySelector(".beginning .picture button");
            box.dispatchEvent(new ClipboardEvent("paste", {bubbles: true, clipboardData}));
        }"""
    )
    console.until_loaded(page.get_by_alt_text("Picture to begin with, as chosen"))


def _drawn(format: str, width: int, height: int) -> bytes:
    content = BytesIO()
    Image.new("RGB", (width, height), "red").save(content, format)
    return content.getvalue()


def test_a_dropped_picture_of_another_format_is_drawn_from(console: Console) -> None:
    drop_content(console.page, "main", "red.gif", "image/gif", _drawn("GIF", 64, 64))
    console.page.get_by_role("dialog").get_by_role("button", name="Send to img2img").click()
    console.until_loaded(console.page.get_by_alt_text("Picture to begin with, as chosen"))
    console.drawn(steps=2, prompt="a circle")


def test_a_dropped_picture_that_is_too_large_is_made_smaller(console: Console) -> None:
    drop_content(console.page, "main", "wide.jpg", "image/jpeg", _drawn("JPEG", 8192, 1024))
    console.page.get_by_role("dialog").get_by_role("button", name="Send to img2img").click()
    picture = console.page.get_by_alt_text("Picture to begin with, as chosen")
    console.until_loaded(picture)
    assert picture.evaluate("picture => [picture.naturalWidth, picture.naturalHeight]") == [4096, 512]


def test_what_is_dropped_and_is_no_picture_says_so(console: Console) -> None:
    for name, type, reason in [
        ("broken.png", "image/png", "choose a PNG, JPEG or WebP"),
        ("notes.txt", "text/plain", "Drop a PNG, JPEG or WebP"),
        ("model.safetensors", "", "a model is uploaded on the tab Models"),
    ]:
        drop_content(console.page, "main", name, type, b"nothing to look at")
        dialog = console.page.get_by_role("dialog", name=name)
        expect(dialog).to_contain_text(reason)
        dialog.get_by_role("button", name="Close").click()
        expect(dialog).to_have_count(0)
