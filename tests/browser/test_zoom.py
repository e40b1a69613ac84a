"""A picture looked at large."""

from playwright.sync_api import Locator, expect

from tests.browser.console import Console


def zoomed(console: Console) -> Locator:
    console.output.locator(".open").click()
    return console.page.get_by_role("dialog", name="The picture, large")


def test_what_is_zoomed_into_is_moved_by_keys_and_pointer_and_never_lost(console: Console) -> None:
    console.drawn(batch_size=2, steps=2)
    zoom, mouse, keys = zoomed(console), console.page.mouse, console.page.keyboard
    picture = zoom.locator("img")
    mouse.move(640, 400)
    mouse.down()
    mouse.move(1200, 850, steps=3)
    mouse.up()
    expect(picture).to_have_attribute("style", "transform: translate(0px, 0px) scale(1);")
    keys.press("+")
    keys.press("ArrowRight")
    expect(picture).to_have_attribute("style", "transform: translate(-80px, 0px) scale(1.5);")
    for _ in range(5):
        keys.press("ArrowRight")
    most = picture.evaluate("picture => picture.clientWidth") / 4
    expect(picture).to_have_attribute("style", f"transform: translate(-{most:g}px, 0px) scale(1.5);")
    expect(zoom.get_by_text("1 of 2")).to_be_visible()


def test_a_press_beside_the_picture_closes_it_and_the_gallery_shows_the_one_that_was_chosen(console: Console) -> None:
    id = console.drawn(batch_size=2, steps=2)
    zoom = zoomed(console)
    console.page.keyboard.press("ArrowRight")
    expect(zoom.get_by_text("2 of 2")).to_be_visible()
    with console.page.expect_request(f"**/jobs/{id}"):
        zoom.locator("img").dispatch_event("error")  # as if its link had expired
    console.page.mouse.click(5, 5)
    expect(zoom).to_have_count(0)
    expect(console.output.locator(".gallery").get_by_text("2 of 2")).to_be_visible()
    expect(console.output.locator(".open")).to_be_focused()
