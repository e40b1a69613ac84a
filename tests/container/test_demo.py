"""The demo model that comes with the project, judged by what it draws."""

from dataclasses import replace

import diffusers
import pytest
from diffusers import StableDiffusionPipeline

from container.demo.measure import (
    MODELS,
    colours_right,
    draw,
    hollow,
    likeness,
    load,
    load_controlled,
    shapes_right,
    share,
)
from container.demo.pictures import HELD_OUT, SHAPES, Scene
from container.demo.seeing import look

_SCENES = HELD_OUT[::2]
_PROMPTS = [scene.prompt for scene in _SCENES]


@pytest.fixture(scope="module")
def model() -> StableDiffusionPipeline:
    diffusers.utils.logging.set_verbosity_error()
    return load(MODELS)


def test_the_files_are_small_enough_to_come_with_the_project() -> None:
    sizes = {path: path.stat().st_size for path in MODELS.rglob("*.safetensors")}
    assert sizes[MODELS / "checkpoint/shapes.safetensors"] <= 10 * 2**20
    assert sum(sizes.values()) <= 18 * 2**20


@pytest.mark.parametrize("hollow", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_drawn_by_hand_is_seen(shape: str, hollow: bool) -> None:
    scene = Scene(shape, "red", "blue", size=0.5, x=0.4, hollow=hollow)
    seen = look(scene.draw(64))
    assert (seen.shape, seen.colour, seen.ground, seen.hollow) == (shape, "red", "blue", hollow)


def test_an_empty_ground_is_seen_as_no_shape() -> None:
    assert look(Scene("circle", "red", "blue", size=0).draw(64)).shape == ""


def test_prompts_that_were_kept_out_of_training_are_obeyed(model: StableDiffusionPipeline) -> None:
    pictures = draw(model, _PROMPTS, 64)
    assert colours_right(_SCENES, pictures) >= 0.9
    assert shapes_right(_SCENES, pictures) >= 0.6


def test_what_the_negative_prompt_says_is_kept_away(model: StableDiffusionPipeline) -> None:
    prompts = ["a circle on a black background"] * 12
    reds = share(look(picture).colour == "red" for picture in draw(model, prompts, 64, negative="red"))
    assert reds == 0


def test_the_controlnet_says_where_the_shape_stands(model: StableDiffusionPipeline) -> None:
    scenes = [replace(scene, size=0.45, x=0.38, y=0.4) for scene in _SCENES]
    pictures = draw(load_controlled(MODELS, model), _PROMPTS, 64, edges=[scene.edges(64) for scene in scenes])
    assert likeness(scenes, pictures) >= 0.7


def test_the_lora_hollows_shapes(model: StableDiffusionPipeline) -> None:
    model.load_lora_weights(str(MODELS / "lora/outlined.safetensors"))
    outlined = hollow(draw(model, _PROMPTS, 64))
    model.unload_lora_weights()
    assert outlined >= 0.6
    assert hollow(draw(model, _PROMPTS, 64)) <= 0.2


def test_the_textual_inversion_is_a_word_for_white_on_black(model: StableDiffusionPipeline) -> None:
    model.load_textual_inversion(str(MODELS / "textual_inversion/midnight.safetensors"), "midnight")
    prompts = [model.maybe_convert_prompt("a midnight circle", model.tokenizer)] * 6
    pictures = draw(model, prompts, 64)
    assert colours_right([Scene("circle", "white", "black")] * 6, pictures) >= 0.8
