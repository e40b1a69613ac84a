"""Which calls of the model a ControlNet unit takes part in, by the step count of the WebUI and its extension."""

from typing import Any

import pytest
import torch
from PIL import Image

from container.canvas import Canvas
from container.controlnet.control import Control
from container.pipeline import Materials, Pipeline
from shared.controlnet import Unit
from shared.parameters import Img2ImgParameters
from shared.shapes import TaskParameters
from tests.container.controlnets import controlnet
from tests.container.drawing import drawn, img2img, txt2img


def guided(pipeline: Pipeline, parameters: TaskParameters, start: float, end: float) -> list[int]:
    """The calls of the UNet, counted from 0, that the unit takes part in."""
    unet, calls = pipeline.model.unet, list[bool]()

    def note(_: torch.nn.Module, __: tuple[Any, ...], named: dict[str, Any]) -> None:
        calls.append("mid_block_additional_residual" in named)

    unit = Unit(enabled=True, guidance_start=start, guidance_end=end)
    control = Control.of(unit, 0, controlnet(unet), torch.ones(1, 3, 64, 64))
    canvases = []
    if isinstance(parameters, Img2ImgParameters):
        canvases.append(Canvas.stretch(Image.new("RGB", (64, 64)), None, parameters))
    hook = unet.register_forward_pre_hook(note, with_kwargs=True)
    try:
        drawn(pipeline, parameters, Materials(canvases=canvases, controls=lambda _size, _second_pass: [control]))
    finally:
        hook.remove()
    return [call for call, takes_part in enumerate(calls) if takes_part]


def until(last: int, first: int = 0) -> list[int]:
    return list(range(first, last + 1))


@pytest.mark.parametrize(
    ("start", "end", "steps"), [(0, 0.5, until(11)), (0.5, 1, until(19, 11)), (0.2, 0.8, until(17, 5)), (0, 0, [0, 1])]
)
def test_a_step_counts_with_those_before_the_one_before_it(
    pipeline: Pipeline, start: float, end: float, steps: list[int]
) -> None:
    assert guided(pipeline, txt2img(sampler_name="Euler", steps=20), start, end) == steps


@pytest.mark.parametrize("sampler", ["Heun", "DPM++ SDE"])
@pytest.mark.parametrize(
    ("start", "end", "calls"),
    [(0, 0.5, until(12)), (0.5, 1, until(18, 11)), (0.2, 0.7, until(16, 5)), (0, 0, [0, 1, 2])],
)
def test_the_second_call_of_a_step_counts_one_more(
    pipeline: Pipeline, sampler: str, start: float, end: float, calls: list[int]
) -> None:
    assert guided(pipeline, txt2img(sampler_name=sampler, steps=10), start, end) == calls


@pytest.mark.parametrize(
    ("sampler", "calls"), [("DDIM", until(17, 5)), ("PLMS", until(18, 6)), ("UniPC", until(18, 6))]
)
def test_the_steps_that_are_ordered_are_the_whole_where_others_are_run(
    pipeline: Pipeline, sampler: str, calls: list[int]
) -> None:
    """DDIM runs one step fewer, PLMS calls twice in its first, and UniPC reports a step one call late."""
    assert guided(pipeline, txt2img(sampler_name=sampler, steps=20), 0.2, 0.8) == calls


@pytest.mark.parametrize(
    ("sampler", "start", "end", "calls"),
    [
        ("DPM fast", 0, 0, until(3)),
        ("DPM fast", 0.1, 0.2, until(15, 7)),
        ("DPM fast", 0.3, 1, until(19, 19)),
        ("DPM adaptive", 0, 0, until(5)),
        ("DPM adaptive", 0.1, 0.15, until(14, 9)),
    ],
)
def test_a_step_of_three_calls_counts_as_one_of_the_ordered_steps(
    pipeline: Pipeline, sampler: str, start: float, end: float, calls: list[int]
) -> None:
    """DPM fast takes 7 for 20, and reports each within it; DPM adaptive reports each after it."""
    assert guided(pipeline, txt2img(sampler_name=sampler, steps=20), start, end) == calls


@pytest.mark.parametrize("sampler", ["Euler", "DDIM"])
def test_in_img2img_the_whole_is_its_share_of_the_steps(pipeline: Pipeline, sampler: str) -> None:
    order = img2img(sampler_name=sampler, steps=20, denoising_strength=0.5)
    assert guided(pipeline, order, 0, 0.5) == until(6)


def test_each_pass_begins_to_count_anew(pipeline: Pipeline) -> None:
    order = txt2img(sampler_name="Euler", steps=4, enable_hr=True, hr_scale=1, hr_second_pass_steps=2)
    assert guided(pipeline, order, 0, 0) == [0, 1, 4, 5]
