"""The demo model that comes with the project, judged by what it draws."""

from random import Random

import numpy as np
import pytest

from container.demo.measure import MODELS, Demo, colours_right, hollow, likeness, shapes_right, share
from container.demo.pictures import HELD_OUT, SHAPES, Scene, scattered
from container.demo.seeing import look
from container.pipeline import Materials
from local.demo import PARAMETERS
from shared.parameters import Txt2ImgParameters
from shared.samplers import SAMPLERS, Sampler
from tests.container.drawing import difference, pixels, unheard

_SCENES = HELD_OUT[::2]
_PROMPTS = [scene.prompt for scene in _SCENES]


@pytest.fixture(scope="module")
def demo() -> Demo:
    return Demo.load(MODELS)


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


def test_prompts_that_were_kept_out_of_training_are_obeyed(demo: Demo) -> None:
    pictures = demo.draw(_PROMPTS, 64)
    assert colours_right(_SCENES, pictures) >= 0.95
    assert shapes_right(_SCENES, pictures) >= 0.6


def test_the_picture_of_make_demo_shows_what_its_prompt_says(demo: Demo) -> None:
    scene = Scene("triangle", "yellow", "purple")
    assert scene.prompt == PARAMETERS["prompt"]
    ordered = Txt2ImgParameters.model_validate(PARAMETERS | {"seed": 1, "subseed": 1})
    (drawn,) = demo.pipeline.draw(ordered, Materials(), unheard)
    picture = np.asarray(drawn.drawings[0].image)
    assert picture.shape == (256, 256, 3)
    assert colours_right([scene], [picture]) == shapes_right([scene], [picture]) == 1


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_with_every_sampler_each_seed_gives_another_picture_of_what_the_prompt_says(
    demo: Demo, sampler: Sampler
) -> None:
    scene = Scene("square", "yellow", "black")
    steps = 60 if sampler == "DPM fast" else 20  # three of which are one of its own
    asked = {"seed": 1, "subseed": 1, "sampler_name": sampler, "steps": steps, "cfg_scale": 5}
    batch = {"prompt": scene.prompt, "batch_size": 2, "width": 64, "height": 64}
    ordered = Txt2ImgParameters.model_validate(asked | batch)
    (drawn,) = demo.pipeline.draw(ordered, Materials(), unheard)
    pictures = [np.asarray(each.image) for each in drawn.drawings]
    assert colours_right([scene] * 2, pictures) == shapes_right([scene] * 2, pictures) == 1
    assert difference(pixels(drawn.drawings[0]), pixels(drawn.drawings[1])) > 2


def test_what_the_negative_prompt_says_is_kept_away(demo: Demo) -> None:
    prompts = ["a circle on a black background"] * 12
    assert share(look(picture).colour == "white" for picture in demo.draw(prompts, 64)) > 0
    assert share(look(picture).colour == "white" for picture in demo.draw(prompts, 64, negative="white")) == 0


def test_the_controlnet_says_where_the_shape_stands(demo: Demo) -> None:
    scenes = [scattered(scene, Random(number)) for number, scene in enumerate(_SCENES)]
    bound = likeness(scenes, demo.draw(_PROMPTS, 128, edges=[scene.edges(128) for scene in scenes]))
    assert bound >= 0.7
    assert bound >= likeness(scenes, demo.draw(_PROMPTS, 128)) + 0.1


def test_the_lora_hollows_shapes(demo: Demo) -> None:
    assert hollow(demo.outlined().draw(_PROMPTS, 64)) >= hollow(demo.draw(_PROMPTS, 64)) + 0.2


def test_the_textual_inversion_is_a_word_for_white_on_black(demo: Demo) -> None:
    scenes = [Scene("circle", "white", "black")] * 6
    prompts = ["a midnight circle"] * 6
    assert colours_right(scenes, demo.with_the_word().draw(prompts, 64)) >= 0.8
    assert colours_right(scenes, demo.draw(prompts, 64)) < 0.5
