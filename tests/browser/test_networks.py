"""What an order is drawn with: endpoint, checkpoint and networks, chosen by hand or by a prompt, here or no longer."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.canned import MODELS, modelled, without
from tests.browser.console import Console, an_order
from tests.browser.networks import box, opened

TITLES = {
    "textual_inversion": "Textual Inversion",
    "lora": "LoRA",
    "hypernetwork": "HyperNetwork",
    "controlnet": "ControlNet-Model",
    "vae": "VAE",
}


def prompt(console: Console, name: str = "prompt") -> Locator:
    return console.page.locator(f".workspace:visible [name={name}]")


def test_each_list_is_refreshed_by_a_button_of_its_own(console: Console) -> None:
    for type, title in TITLES.items():
        opened(console, title)
        modelled(console.page, (type, f"new-{type}"), refresh=f"Refresh: {title}")
        expect(box(console, f"new-{type}")).to_be_visible()


def test_a_box_is_ticked_where_the_prompt_of_the_shown_tab_names_its_network(console: Console) -> None:
    opened(console, "LoRA")
    outlined = box(console, "outlined")
    outlined.check()
    expect(prompt(console)).to_have_value("a yellow triangle on a purple background <lora:outlined:1>")
    console.open("img2img")
    expect(outlined).not_to_be_checked()
    console.fill(prompt="a circle <lora:Outlined.safetensors:0.4>")
    expect(outlined).to_be_checked()
    console.page.reload()
    opened(console, "LoRA")
    expect(outlined).to_be_checked()
    outlined.uncheck()
    expect(prompt(console)).to_have_value("a circle")
    console.open("txt2img")
    expect(outlined).to_be_checked()
    console.fill(prompt="a circle")
    expect(outlined).not_to_be_checked()


@pytest.mark.parametrize(
    ("type", "label", "name", "written"),
    [
        ("textual_inversion", "Textual Inversion", "midnight", "midnight"),
        ("hypernetwork", "HyperNetwork", "swirl", "<hypernet:swirl:1>"),
    ],
)
def test_a_network_that_is_chosen_is_written_into_the_prompt_and_taken_out_of_it_again(
    console: Console, type: str, label: str, name: str, written: str
) -> None:
    modelled(console.page, ("hypernetwork", "swirl"))
    console.fill(prompt="a fox")
    opened(console, label)
    box(console, name).check()
    expect(prompt(console)).to_have_value(f"a fox {written}")
    console.fill(prompt=f"{written}, a fox, {written}, a hen")
    box(console, name).uncheck()
    expect(prompt(console)).to_have_value("a fox, a hen")
    expect(box(console, name)).not_to_be_checked()


def test_a_textual_inversion_counts_in_the_negative_prompt_too_and_a_tag_does_not(console: Console) -> None:
    console.fill(prompt="a fox", negative_prompt="(midnight:1.2), midnights, <lora:outlined:1>")
    opened(console, "Textual Inversion")
    opened(console, "LoRA")
    expect(box(console, "midnight")).to_be_checked()
    expect(box(console, "outlined")).not_to_be_checked()
    box(console, "midnight").uncheck()
    expect(prompt(console, "negative_prompt")).to_have_value("midnights, <lora:outlined:1>")


def test_an_order_lists_what_its_prompts_name(console: Console) -> None:
    console.fill(prompt="a midnight circle <lora:outlined:0.5>", steps=1)
    with console.page.expect_response(an_order) as sent:
        console.generate.click()
    assert (sent.value.request.post_data_json or {})["extra_networks"] == {
        "textual_inversion": ["midnight"],
        "lora": ["outlined"],
    }
    expect(console.said).to_contain_text("Ordered")


def test_what_was_chosen_and_is_gone_stays_chosen_and_says_so(console: Console) -> None:
    modelled(console.page, ("checkpoint", "fleeting"), ("textual_inversion", "dusk"))
    endpoint, checkpoint = (
        console.page.get_by_label(label) for label in ("Select Cloud SageMaker Endpoint", "Stable Diffusion Checkpoint")
    )
    checkpoint.select_option("fleeting")
    console.fill(prompt="a fox")
    opened(console, "Textual Inversion")
    box(console, "dusk").check()
    console.page.unroute(MODELS)
    console.page.reload()
    expect(console.said).to_have_text("There is no checkpoint fleeting here.")
    expect(checkpoint.locator("option:checked")).to_have_text("fleeting · not here")
    expect(checkpoint.locator("option:checked")).to_be_disabled()
    opened(console, "Textual Inversion")
    expect(box(console, "dusk · not here")).to_be_checked()
    box(console, "dusk").click()
    expect(prompt(console)).to_have_value("a fox")
    expect(box(console, "dusk")).to_have_count(0)
    checkpoint.select_option("shapes")
    expect(checkpoint.locator("option[value=fleeting]")).to_have_count(0)
    name = endpoint.input_value()
    without(console.page, "endpoints")
    console.page.get_by_role("button", name="Refresh the endpoints").click()
    expect(endpoint.locator("option:checked")).to_have_text(f"{name} · not here")
    expect(console.said).to_have_text(f"There is no endpoint {name} any more.")


@pytest.mark.parametrize(
    ("collection", "tab", "said", "heading"),
    [
        ("endpoints", "Endpoints", "There is no endpoint yet. Create one on the Endpoints tab.", "Create an endpoint"),
        ("models", "Models", "There is no checkpoint yet. Upload one on the Models tab.", "Upload a model"),
    ],
)
def test_where_there_is_nothing_to_choose_from_the_panel_says_where_to_make_it(
    console: Console, collection: str, tab: str, said: str, heading: str
) -> None:
    page = console.page
    without(page, collection)
    page.evaluate("sessionStorage.removeItem('panel')")
    page.reload()
    expect(console.said).to_have_text(said)
    panel = page.get_by_role("form", name="Amazon SageMaker Inference")
    expect(panel.get_by_text(said)).to_be_visible()
    panel.get_by_role("link", name=tab).click()
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
