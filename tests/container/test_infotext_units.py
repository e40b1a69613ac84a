"""What an infotext says of ControlNet's units."""

from typing import Any

import pytest

from shared.parameters import Txt2ImgParameters
from tests.container.infotexts import after_the_model, told, units


def test_a_controlnet_unit_is_told_by_its_place_among_all() -> None:
    canny = {
        "enabled": True,
        "module": "canny",
        "model": "control_v11p_sd15_canny",
        "processor_res": 512,
        "threshold_a": 100,
        "threshold_b": 200,
    }
    plain = {"enabled": True, "model": "tile", "weight": 0.5, "guidance_end": 0.8, "pixel_perfect": True}
    assert after_the_model(Txt2ImgParameters(**units(canny, {"model": "off"}, plain | {"control_mode": 2}))) == (
        'ControlNet 0: "Module: canny, Model: control_v11p_sd15_canny, Weight: 1.0, Resize Mode: Crop and Resize, '
        "Processor Res: 512, Threshold A: 100.0, Threshold B: 200.0, Guidance Start: 0.0, Guidance End: 1.0, "
        'Pixel Perfect: False, Control Mode: Balanced", '
        'ControlNet 2: "Module: none, Model: tile, Weight: 0.5, Resize Mode: Crop and Resize, Processor Res: 512, '
        "Threshold A: 0.5, Threshold B: 0.5, Guidance Start: 0.0, "
        'Guidance End: 0.8, Pixel Perfect: True, Control Mode: ControlNet is more important"'
    )


@pytest.mark.parametrize(
    ("unit", "numbers"),
    [
        ({"module": "canny"}, "Processor Res: 512, Threshold A: 100.0, Threshold B: 200.0"),
        ({"module": "canny", "processor_res": 768, "threshold_a": 30}, "768, Threshold A: 30.0, Threshold B: 200.0"),
        ({"module": "canny", "processor_res": 32, "threshold_b": 999}, "512, Threshold A: 100.0, Threshold B: 200.0"),
        ({"module": "openpose", "threshold_a": 64}, "Processor Res: 512, Threshold A: 0.5, Threshold B: 0.5"),
        ({"module": "invert"}, "Processor Res: 0.5, Threshold A: 0.5, Threshold B: 0.5"),
        ({"module": "blur_gaussian"}, "Processor Res: 512, Threshold A: 9.0, Threshold B: 0.5"),
    ],
    ids=str,
)
def test_a_units_numbers_are_told_as_they_are_understood(unit: dict[str, Any], numbers: str) -> None:
    text = told(Txt2ImgParameters(**units({"enabled": True, "model": "a", **unit})))
    assert f"{numbers}, Guidance Start" in text
