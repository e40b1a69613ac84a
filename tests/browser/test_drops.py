"""What is dragged over the page, and where it may be dropped."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.console import Console

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
