from typing import Any

import cv2
import numpy as np
import pytest
from diffusers import ControlNetModel
from PIL import Image

from container.architectures import Architecture
from container.controlnet.control import UnusableWeights
from container.controlnet.fitting import fit
from container.controlnet.units import Guide, UnusableUnit
from container.guiding import Guided, Guiding
from container.images import CROP_AND_RESIZE, RESIZE_AND_FILL, resize
from shared.controlnet import ResizeMode, Unit
from shared.parameters import Parameters
from tests.container.controlnets import controlnet, standing, unet
from tests.container.drawing import difference, img2img, pixels, txt2img
from tests.container.library import Library, scene, units

MAP = np.random.default_rng(0).integers(0, 255, (64, 96, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def model() -> ControlNetModel:
    return controlnet(unet(Architecture("tiny")))


def guiding(model: ControlNetModel, parameters: Parameters, *units: dict[str, Any]) -> Guiding:
    made = [Unit(enabled=True, model="canny", **fields) for fields in units]
    return Guiding(
        parameters, [Guided(place, unit, model, Guide(MAP, unit.resize_mode)) for place, unit in enumerate(made)]
    )


HR: dict[str, Any] = {"enable_hr": True, "hr_scale": 1.5}


@pytest.mark.parametrize(
    ("parameters", "option", "passes"),
    [
        (txt2img(**HR), "Both", [True, True]),
        (txt2img(**HR), "Low res only", [True, False]),
        (txt2img(**HR), "High res only", [False, True]),
        (txt2img(), "High res only", [True]),
        (img2img(), "High res only", [True]),
    ],
    ids=str,
)
def test_a_unit_guides_the_passes_that_it_is_for(
    model: ControlNetModel, parameters: Parameters, option: str, passes: list[bool]
) -> None:
    ready = guiding(model, parameters, {"hr_option": option})
    guided = [bool(ready.controls((64, 64), second_pass)) for second_pass in (False, True)[: len(passes)]]
    assert guided == passes


def test_every_pass_is_shown_the_map_in_its_own_size(model: ControlNetModel) -> None:
    ready = guiding(model, txt2img(**HR), {}, {"weight": 0.5})
    assert [each.hint.shape for each in ready.controls((128, 64), False)] == [(1, 3, 64, 128)] * 2
    assert [each.hint.shape for each in ready.controls((256, 128), True)] == [(1, 3, 128, 256)] * 2


def test_hard_lines_are_softened_in_the_second_pass(model: ControlNetModel) -> None:
    ready = guiding(model, txt2img(**HR), {"module": "canny"})
    assert set(ready.controls((64, 64), False)[0].weights) == {1}
    assert len(set(ready.controls((64, 64), True)[0].weights)) == 13


def test_weights_that_do_not_fit_are_named_by_their_units_place(model: ControlNetModel) -> None:
    with pytest.raises(UnusableWeights, match="ControlNet unit 1 has 2 numbers"):
        guiding(model, txt2img(), {}, {"advanced_weighting": [1, 0.5]}).controls((64, 64), False)


def test_maps_are_given_in_the_pictures_size_with_their_units_place_where_they_are_wanted(
    model: ControlNetModel,
) -> None:
    ready = guiding(model, txt2img(width=128, **HR), {"save_detected_map": False}, {}, {"resize_mode": "Just Resize"})
    maps = [*ready.maps()]
    assert [(each.kind, each.unit, each.image.size) for each in maps] == [
        ("control_map", 1, (128, 64)),
        ("control_map", 2, (128, 64)),
    ]
    assert maps[0].image.tobytes() != maps[1].image.tobytes()


def test_a_unit_guides_the_picture_and_its_map_comes_with_it(library: Library, sketch: str) -> None:
    free = library.drawn()
    ((drawing,), extras), second = library.draw(
        txt2img(prompt="a cat", cfg_scale=1, n_iter=2, **units({"image": sketch, "module": "canny"}))
    )
    assert difference(pixels(drawing), free) > 0.1
    assert 'ControlNet 0: "Module: canny, Model: canny, Weight: 1.0, ' in drawing.infotext
    assert [(each.kind, each.unit, each.image.size) for each in extras] == [("control_map", 0, (64, 64))]
    assert set(np.unique(np.asarray(extras[0].image))) == {0, 255}  # lines, not the scene
    assert second.extras == []


def test_units_keep_their_places(library: Library, sketch: str) -> None:
    off, quiet = {"enabled": False, "image": sketch}, {"image": sketch, "save_detected_map": False}
    ((drawing,), extras), *_ = library.draw(txt2img(**units(off, quiet, {"image": sketch})))
    assert [each.unit for each in extras] == [2]
    assert [f"ControlNet {place}: " in drawing.infotext for place in range(3)] == [False, True, True]


def test_a_unit_of_no_weight_is_none(library: Library, sketch: str) -> None:
    assert np.array_equal(library.drawn(**units({"image": sketch, "weight": 0})), library.drawn())


def test_a_unit_guides_the_steps_of_its_window(library: Library, sketch: str) -> None:
    free, late, early, whole = (
        library.drawn(
            steps=4, **units({"image": sketch, "guidance_start": start, "guidance_end": end, "weight": weight})
        )
        for start, end, weight in ((0, 1, 0), (0.5, 1, 1), (0, 0.4, 1), (0, 1, 1))
    )
    assert len({each.tobytes() for each in (free, late, early, whole)}) == 4


def test_each_pass_is_drawn_with_its_own_units(library: Library, sketch: str) -> None:
    pictures = [
        library.drawn(**HR, **units({"image": sketch, "hr_option": option}))
        for option in ("Both", "Low res only", "High res only")
    ]
    assert len({each.tobytes() for each in [*pictures, library.drawn(**HR)]}) == 4


@pytest.mark.parametrize(
    ("mode", "fitting"), [(0, "Just Resize"), (1, "Crop and Resize"), (2, "Resize and Fill"), (3, "Just Resize")]
)
def test_a_unit_without_a_picture_is_guided_by_the_one_that_is_drawn_over_in_the_img2imgs_way(
    library: Library, sketch: str, mode: int, fitting: ResizeMode
) -> None:
    order: dict[str, Any] = {"init_images": [sketch], "resize_mode": mode}
    over = img2img(**order, **units({"module": "none", "resize_mode": "Resize and Fill"}))
    assert difference(pixels(library.drawing(over)), pixels(library.drawing(img2img(**order)))) > 0.1
    assert np.array_equal(np.asarray(library.materials(over).maps[0].image), fit(np.asarray(scene()), fitting, 64, 64))


def test_the_picture_that_is_drawn_over_is_looked_at_in_its_own_size(library: Library, sketch: str) -> None:
    over = img2img(init_images=[sketch], **units({"module": "canny", "processor_res": 80}))
    edges = cv2.cvtColor(cv2.Canny(np.pad(np.asarray(scene()), ((0, 48), (0, 28), (0, 0)), "edge"), 100, 200), 8)
    expected = fit(np.asarray(edges[:80, :100], np.uint8), "Just Resize", 64, 64)
    assert np.array_equal(np.asarray(library.materials(over).maps[0].image), expected)


def test_keypoints_keep_their_units_way_in_an_img2img(library: Library, sketch: str) -> None:
    people = [{"pose_keypoints_2d": [number for joint in standing() if joint for number in (*joint, 1)]}]
    keypoints = {"people": people, "canvas_width": 96, "canvas_height": 64}
    asked = units({"keypoints": keypoints, "resize_mode": "Resize and Fill"})
    maps = [library.materials(order).maps[0] for order in (img2img(init_images=[sketch], **asked), txt2img(**asked))]
    assert maps[0].image.tobytes() == maps[1].image.tobytes()


def test_a_units_own_mask_guides_in_place_of_its_picture(library: Library, sketch: str) -> None:
    scribble = Image.new("L", scene().size)
    scribble.paste(255, (20, 20, 52, 52))
    masked = txt2img(**units({"image": sketch, "mask": library.picture("scribble.png", scribble)}))
    plain = txt2img(**units({"image": library.picture("alone.png", scribble)}))
    maps = [library.materials(order).maps[0] for order in (masked, plain)]
    assert maps[0].image.tobytes() == maps[1].image.tobytes()


def test_without_any_picture_a_unit_says_what_it_needs(library: Library) -> None:
    with pytest.raises(UnusableUnit, match="ControlNet unit 0 has no picture"):
        library.materials(txt2img(**units({})))


@pytest.mark.parametrize("own", [True, False])
def test_a_part_that_is_drawn_alone_is_guided_by_that_part(library: Library, sketch: str, own: bool) -> None:
    mask = Image.new("L", (100, 80))
    mask.paste(255, (20, 20, 52, 52))
    library.picture("mask.png", mask)
    order: dict[str, Any] = {"init_images": [sketch], "mask": "mask.png", "mask_blur": 0}
    image = {"image": sketch} if own else {}
    part, whole = (
        library.materials(img2img(**order, **units({**image, "inpaint_crop_input_image": crop}))).maps[0]
        for crop in (True, False)
    )
    assert part.image.tobytes() != whole.image.tobytes()
    expected = resize(resize(scene(), 100, 80, CROP_AND_RESIZE).crop((20, 20, 52, 52)), 64, 64, RESIZE_AND_FILL)
    assert np.array_equal(np.asarray(part.image), np.asarray(expected))
    fitting: ResizeMode = "Crop and Resize" if own else "Just Resize"
    assert np.array_equal(np.asarray(whole.image), fit(np.asarray(scene()), fitting, 64, 64))
