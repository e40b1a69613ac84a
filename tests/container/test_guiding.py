from typing import Any

import numpy as np
import pytest
from diffusers import ControlNetModel

from container.architectures import Architecture
from container.controlnet.control import UnusableWeights
from container.controlnet.units import Guide
from container.guiding import Guided, Guiding
from shared.controlnet import Unit
from shared.parameters import Parameters
from tests.container.controlnets import controlnet, unet
from tests.container.drawing import img2img, txt2img

MAP = np.random.default_rng(0).integers(0, 255, (64, 96, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def model() -> ControlNetModel:
    return controlnet(unet(Architecture("tiny")))


def guiding(model: ControlNetModel, parameters: Parameters, *units: dict[str, Any]) -> Guiding:
    made = [Unit(enabled=True, model="canny", **fields) for fields in units]
    return Guiding(
        parameters, [Guided(place, unit, model, Guide(MAP, unit.resize_mode)) for place, unit in enumerate(made)]
    )


HR: dict[str, Any] = {"enable_hr": True}


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
    units = guiding(model, parameters, {"hr_option": option})
    guided = [bool(units.controls((64, 64), second_pass)) for second_pass in (False, True)[: len(passes)]]
    assert guided == passes


def test_every_pass_is_shown_the_map_in_its_own_size(model: ControlNetModel) -> None:
    units = guiding(model, txt2img(**HR), {}, {"weight": 0.5})
    assert [each.hint.shape for each in units.controls((128, 64), False)] == [(1, 3, 64, 128)] * 2
    assert [each.hint.shape for each in units.controls((256, 128), True)] == [(1, 3, 128, 256)] * 2


def test_hard_lines_are_softened_in_the_second_pass(model: ControlNetModel) -> None:
    units = guiding(model, txt2img(**HR), {"module": "canny"})
    assert set(units.controls((64, 64), False)[0].weights) == {1}
    assert len(set(units.controls((64, 64), True)[0].weights)) == 13


def test_weights_that_do_not_fit_are_named_by_their_units_place(model: ControlNetModel) -> None:
    with pytest.raises(UnusableWeights, match="ControlNet unit 1 has 2 numbers"):
        guiding(model, txt2img(), {}, {"advanced_weighting": [1, 0.5]}).controls((64, 64), False)


def test_maps_are_given_in_the_pictures_size_with_their_units_place_where_they_are_wanted(
    model: ControlNetModel,
) -> None:
    units = guiding(model, txt2img(width=128, **HR), {"save_detected_map": False}, {}, {"resize_mode": "Just Resize"})
    maps = [*units.maps()]
    assert [(each.kind, each.unit, each.image.size) for each in maps] == [
        ("control_map", 1, (128, 64)),
        ("control_map", 2, (128, 64)),
    ]
    assert maps[0].image.tobytes() != maps[1].image.tobytes()
