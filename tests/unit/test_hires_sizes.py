"""How large a second pass is, and what of it is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.parameters import LEAST_SIDE, MOST_SIDE, Txt2ImgParameters

sides = st.integers(8, 256).map(lambda eighth: 8 * eighth)
resized = st.integers(0, 2048)


@pytest.mark.parametrize(
    ("asked", "enlarged", "kept"),
    [
        ({"hr_scale": 1.5}, (768, 768), (768, 768)),
        ({"hr_resize_x": 768}, (768, 768), (768, 768)),
        ({"hr_resize_x": 1024, "hr_resize_y": 768}, (1024, 1024), (1024, 768)),
        ({"width": 88, "height": 704, "hr_resize_x": 120}, (120, 960), (120, 960)),
        ({"hr_scale": 1.3}, (665, 665), (664, 664)),
        ({"hr_resize_x": 770}, (770, 770), (768, 768)),
        ({"hr_resize_x": 1000, "hr_resize_y": 770}, (1000, 1000), (1000, 776)),  # 28 of 125 latents are cut away
        ({"width": 64, "height": 704, "hr_resize_y": 960}, (87, 960), (80, 960)),
    ],
)
def test_a_size_of_another_ratio_is_cut_from_what_covers_it(
    asked: dict[str, int], enlarged: tuple[int, int], kept: tuple[int, int]
) -> None:
    parameters = Txt2ImgParameters.model_validate({"enable_hr": True, **asked})
    assert (parameters.hr_enlarged, parameters.hr_size) == (enlarged, kept)


@given(sides, sides, resized, resized)
def test_what_is_kept_is_never_larger_than_what_is_drawn(width: int, height: int, x: int, y: int) -> None:
    asked = {"width": width, "height": height, "hr_resize_x": x, "hr_resize_y": y}
    parameters = Txt2ImgParameters.model_validate(asked)
    assert all(kept <= whole for kept, whole in zip(parameters.hr_size, parameters.hr_enlarged, strict=True))


@pytest.mark.parametrize("asked", [{"hr_resize_x": 7}, {"hr_resize_y": 40}, {"hr_scale": 8.0, "width": 1024}])
def test_a_second_pass_too_small_or_too_large_is_refused_with_the_bounds(asked: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match=f"{LEAST_SIDE} to {MOST_SIDE} a side"):
        Txt2ImgParameters.model_validate({"enable_hr": True, **asked})
    Txt2ImgParameters.model_validate(asked)  # not refused if there is no second pass
