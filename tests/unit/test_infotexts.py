import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.infotext import Infotext

# As the WebUI v1.10 wrote it, with ControlNet.
OF_THE_WEBUI = """a lighthouse, (night:1.2)
Negative prompt: blurry,
dull
Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 1, Size: 512x768, Model hash: 6ce0161689, Model: v1-5, ControlNet 0: "Module: canny, Model: control_v11p_sd15_canny, Weight: 1.0", Lora hashes: "pixel: 7ab1e2c4d5f6", Version: v1.10.1"""  # noqa: E501

lines = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=30).filter(
    lambda line: not line.startswith("Negative prompt: ")
)
prompts = st.lists(lines, max_size=4).map("\n".join)
names = st.from_regex(r"[A-Za-z][A-Za-z0-9 \-/]{0,20}[A-Za-z0-9]", fullmatch=True).filter(lambda name: name != "Steps")
values = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def test_an_infotext_of_the_webui_is_read() -> None:
    read = Infotext.parse(OF_THE_WEBUI)
    assert read.prompt == "a lighthouse, (night:1.2)"
    assert read.negative_prompt == "blurry,\ndull"
    assert read.settings["Size"] == "512x768"
    assert read.settings["ControlNet 0"] == "Module: canny, Model: control_v11p_sd15_canny, Weight: 1.0"
    assert read.settings["Lora hashes"] == "pixel: 7ab1e2c4d5f6"
    assert next(iter(read.settings)) == "Steps"
    assert str(read) == OF_THE_WEBUI


@given(prompts, prompts, st.dictionaries(names, values, max_size=6))
def test_what_is_written_is_read_back(prompt: str, negative: str, settings: dict[str, str]) -> None:
    written = Infotext(prompt, negative, {"Steps": "20"} | settings)
    assert Infotext.parse(str(written)) == written


@pytest.mark.parametrize("text", ["", "a cat", "a cat\nNegative prompt: blurry", "a: b, c: d"])
def test_a_text_without_settings_is_a_prompt(text: str) -> None:
    read = Infotext.parse(text)
    assert read.settings == {}
    assert read.prompt + read.negative_prompt == text.replace("\nNegative prompt: ", "")
