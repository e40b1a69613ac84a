"""What a picture says about itself, back in the form: parameters, models, and what can't be ordered here."""

import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import expect

from tests.browser.canned import modelled
from tests.browser.console import Console
from tests.browser.networks import box, opened
from tests.browser.pictures import saying, send_to_txt2img
from tests.e2e.user import User

Sent = Callable[[str], None]
SETTINGS = "Steps: 2, Sampler: Euler, CFG scale: 7, Seed: 1, Size: 64x64"


@pytest.fixture
def sent(console: Console, tmp_path: Path) -> Sent:
    """Drops a picture with this infotext and sends it to txt2img."""

    return lambda infotext: send_to_txt2img(console, saying(infotext, tmp_path / "fox.png"))


def _value(console: Console, name: str) -> str:
    return console.page.locator(f".workspace:visible [name={name}]").input_value()


def test_the_vae_is_the_pictures_own_or_none(console: Console, sent: Sent) -> None:
    modelled(console.page, ("vae", "Bright"), ("vae", "dim"))
    opened(console, "VAE")
    box(console, "dim").check()
    sent(f"a fox\n{SETTINGS}, VAE: bright.safetensors")
    expect(box(console, "Bright")).to_be_checked()
    expect(box(console, "dim")).not_to_be_checked()
    expect(console.page.get_by_role("group", name="VAE")).not_to_contain_text("not here")
    sent(f"a fox\n{SETTINGS}")
    expect(box(console, "Bright")).not_to_be_checked()


def test_one_vae_is_chosen_at_a_time(console: Console) -> None:
    modelled(console.page, ("vae", "Bright"), ("vae", "dim"))
    opened(console, "VAE")
    box(console, "dim").check()
    box(console, "Bright").check()
    expect(box(console, "dim")).not_to_be_checked()
    box(console, "Bright").uncheck()
    expect(box(console, "Bright")).not_to_be_checked()


def test_models_are_found_whatever_the_case_of_their_names(console: Console, sent: Sent) -> None:
    checkpoint = console.page.get_by_label("Stable Diffusion Checkpoint")
    checkpoint.select_option("")
    sent(f"a fox\n{SETTINGS}, Model: SHAPES")
    expect(checkpoint).to_have_value("shapes")
    expect(console.generate).to_be_enabled()


def test_parameters_that_few_change_come_back_and_are_ordered(console: Console, sent: Sent, user: User) -> None:
    ancestral = SETTINGS.replace("Euler", "Euler a")
    sent(f"a fox\n{ancestral}, ENSD: 31337, Seed resize from: 128x64, Eta: 0.5, Sigma noise: 1.02")
    console.page.get_by_text("Eta, sigmas, seed resize").locator("visible=true").click()
    expect(console.field("Eta noise seed delta (ENSD)")).to_have_value("31337")
    job = user.finished(console.order())
    parameters = job["parameters"]
    assert parameters["override_settings"]["eta_noise_seed_delta"] == 31337
    assert (parameters["seed_resize_from_w"], parameters["seed_resize_from_h"]) == (128, 64)
    assert (parameters["eta"], parameters["s_noise"], parameters["s_churn"]) == (0.5, 1.02, 0)
    console.fill(eta="", eta_noise_seed_delta="")
    console.until("succeeded")
    console.press("Send to txt2img")
    expect(
        console.field(
            "Eta",
        )
    ).to_have_value("0.5")
    expect(console.field("Eta noise seed delta (ENSD)")).to_have_value("31337")
    sent(f"a fox\n{SETTINGS}")
    expect(console.field("Eta")).to_have_value("")


def test_what_cannot_be_ordered_here_is_named(console: Console, sent: Sent) -> None:
    sent(f"a fox\n{SETTINGS}, Model hash: 0123456789, Refiner: other, Refiner switch at: 0.8, Version: v1.10.1")
    left_out = console.page.locator(".workspace:visible").get_by_text("Left out")
    expect(left_out).to_have_text("Left out, for it can't be ordered here: Refiner, Refiner switch at")
    expect(console.generate).to_be_enabled()
    sent(f"a fox\n{SETTINGS}")
    expect(left_out).to_have_count(0)


def test_a_sampler_that_is_not_here_is_named_and_makes_way_for_another(console: Console, sent: Sent) -> None:
    sent(f"a fox\n{SETTINGS.replace('Euler', 'Dreamt of')}")
    sampler = console.field("Sampling method")
    expect(sampler.locator("option:checked")).to_have_text("Dreamt of · not here")
    sampler.select_option("Heun")
    expect(sampler.get_by_text("not here")).to_have_count(0)


def test_a_negative_prompt_is_told_from_the_prompt_without_a_space(console: Console, sent: Sent) -> None:
    sent(f"a fox\nNegative prompt:\nblue\n{SETTINGS}")
    expect(console.page.locator(".workspace:visible [name=prompt]")).to_have_value("a fox")
    assert _value(console, "negative_prompt") == "blue"


def test_a_corrupt_text_before_the_infotext_does_not_hide_it(console: Console, tmp_path: Path) -> None:
    said = PngInfo()
    said.add(b"zTXt", b"Comment\0\0not deflated")
    said.add(b"zTXt", b"parameters\0\0" + zlib.compress(f"a fox\n{SETTINGS}".encode()))
    Image.new("RGB", (8, 8)).save(tmp_path / "fox.png", pnginfo=said)
    send_to_txt2img(console, tmp_path / "fox.png")
    expect(console.page.locator(".workspace:visible [name=prompt]")).to_have_value("a fox")


@pytest.mark.parametrize(
    ("prompt", "ticked"),
    [
        ("a dawn-midnight", ["midnight"]),
        ("a midnight-blue fox", ["midnight-blue"]),
        ("amidnight", []),
        ("midnight_2", ["midnight"]),
    ],
)
def test_of_embeddings_the_longest_name_that_stands_there_takes_part(
    console: Console, prompt: str, ticked: list[str]
) -> None:
    modelled(console.page, ("textual_inversion", "midnight-blue"))
    opened(console, "Textual Inversion")
    console.fill(prompt=prompt)
    group = console.page.get_by_role("group", name="Textual Inversion")
    expect(group.locator("input:checked")).to_have_count(len(ticked))
    for name in ticked:
        expect(group.get_by_role("checkbox", name=name, exact=True)).to_be_checked()
