import json
from io import BytesIO

import pytest
from PIL import Image

from container.infotext import infotext, png
from shared.parameters import Parameters

HASH = "6ce0161689b3853acaa03779ec93eafe75a02f4ced659bee03f50797806fa2fa"


def test_an_infotext_reads_as_the_webui_writes_it() -> None:
    parameters = Parameters(
        prompt="a cat, sitting", negative_prompt="blurry", steps=20, sampler_name="Euler a", width=640, batch_size=2
    )
    assert infotext(parameters, 42, "v1-5-pruned", HASH) == (
        "a cat, sitting\n"
        "Negative prompt: blurry\n"
        "Steps: 20, Sampler: Euler a, Schedule type: Automatic, CFG scale: 7, Seed: 42, Size: 640x512, "
        "Model hash: 6ce0161689, Model: v1-5-pruned, Version: goc-0.1.0"
    )


def test_no_negative_prompt_leaves_its_line_out() -> None:
    assert infotext(Parameters(prompt="a cat"), 1, "m", HASH).splitlines()[1].startswith("Steps: 50, Sampler: Euler,")


@pytest.mark.parametrize(("scale", "text"), [(7, "7"), (7.5, "7.5"), (10.0, "10"), (1.05, "1.05")])
def test_a_cfg_scale_is_written_without_a_trailing_zero(scale: float, text: str) -> None:
    assert f", CFG scale: {text}, " in infotext(Parameters(cfg_scale=scale), 1, "m", HASH)


@pytest.mark.parametrize("name", ["a, b", "a: b", "a\nb"])
def test_a_name_with_marks_of_the_format_is_quoted(name: str) -> None:
    assert f", Model: {json.dumps(name)}, " in infotext(Parameters(), 1, name, HASH)


@pytest.mark.parametrize("prompt", ["a cat", "ünï", "猫, ünï", "two\nlines"])
def test_a_png_carries_its_infotext_in_any_script(prompt: str) -> None:
    text = infotext(Parameters(prompt=prompt), 1, "m", HASH)
    picture = Image.new("RGB", (8, 16), "red")
    with Image.open(BytesIO(png(picture, text))) as read:
        assert read.info["parameters"] == text
        assert (read.format, read.size, read.getpixel((0, 0))) == ("PNG", (8, 16), (255, 0, 0))
