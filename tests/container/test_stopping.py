"""Drawings that stop before their end, and those that continue where another one stopped."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from container.canvas import Canvas
from container.infotext import Named
from container.pipeline import Materials, NotDrawn, Pipeline
from shared.shapes import TaskParameters
from tests.container.drawing import NOTHING, drawings, img2img, txt2img, unheard
from tests.container.networks import unchanged, weights

NAMED = Named("tiny", "0123456789abcdef")


@contextmanager
def counted(*modules: torch.nn.Module) -> Iterator[list[torch.nn.Module]]:
    """The modules that finish their work, once for each time that they do."""
    done: list[torch.nn.Module] = []
    hooks = [module.register_forward_hook(lambda module, *_: done.append(module)) for module in modules]
    yield done
    for hook in hooks:
        hook.remove()


@pytest.mark.parametrize(
    ("order", "last"),
    [
        (txt2img(batch_size=8), 3),
        (txt2img(batch_size=8, enable_hr=True, hr_upscaler="Lanczos"), 3),  # decoded after the first pass
        (txt2img(batch_size=8, enable_hr=True, hr_upscaler="Lanczos"), 8 + 3),  # encoded for the second
        (img2img(batch_size=8, init_images=["a"] * 8), 3),  # encoded
        (img2img(batch_size=8, init_images=["a"] * 8), 8 + 3),  # decoded
    ],
    ids=["txt2img", "first pass", "second pass", "encoding", "decoding"],
)
def test_no_picture_goes_through_the_vae_once_the_drawing_is_to_stop(
    pipeline: Pipeline, order: TaskParameters, last: int
) -> None:
    vae = pipeline.model.vae
    materials = Materials(canvases=[Canvas.stretch(Image.new("RGB", (64, 64)), None, img2img())] * 8)
    with counted(vae.encoder, vae.decoder) as through:

        def check() -> None:
            if len(through) == last:
                raise KeyError("cancelled")

        with pytest.raises(KeyError, match="cancelled"):
            next(pipeline.draw(order, materials, unheard, check=check))
    assert len(through) == last


@pytest.mark.parametrize("part", ["unet", "vae"])
def test_neither_a_step_nor_a_picture_is_finished_once_the_drawing_is_to_stop(pipeline: Pipeline, part: str) -> None:
    model = pipeline.model
    first, whole = (
        (model.unet.down_blocks[0], model.unet)
        if part == "unet"
        else (model.vae.decoder.up_blocks[0], model.vae.decoder)
    )
    with counted(first, whole) as done:

        def check() -> None:
            if first in done:
                raise KeyError("cancelled")

        with pytest.raises(KeyError, match="cancelled"):
            next(pipeline.draw(txt2img(), NOTHING, unheard, check=check))
    assert done == [first]
    next(pipeline.draw(txt2img(), NOTHING, unheard))  # nothing stays behind to stop the next one


def test_a_preview_made_beside_the_drawing_is_not_asked_whether_to_go_on(pipeline: Pipeline) -> None:
    asked_by: set[threading.Thread] = set()

    def show(_step: int, _of: int, preview: Callable[[], bytes]) -> None:
        pipeline.latents.__dict__.pop("_colours", None)  # for which the first preview uses the VAE
        with ThreadPoolExecutor(max_workers=1) as beside:
            assert beside.submit(preview).result()

    next(pipeline.draw(txt2img(), NOTHING, show, check=lambda: asked_by.add(threading.current_thread())))
    assert asked_by == {threading.current_thread()}


def test_a_checkpoint_is_read_no_further_once_the_drawing_is_to_stop(checkpoint: Path) -> None:
    looks: list[int] = []

    def check() -> None:
        looks.append(1)
        if len(looks) == 10:
            raise KeyError("cancelled")

    with pytest.raises(KeyError, match="cancelled"):
        Pipeline.load(checkpoint, NAMED, check)
    assert len(looks) == 10


def test_what_on_step_raises_stops_the_drawing_at_once_and_leaves_the_checkpoint_as_it_was(pipeline: Pipeline) -> None:
    before, told = weights(pipeline.model), list[int]()

    def stop(step: int, _of: int, _preview: Callable[[], bytes]) -> None:
        told.append(step)
        raise KeyError("cancelled")

    with pytest.raises(KeyError, match="cancelled"):
        next(pipeline.draw(txt2img(steps=50, tiling=True), NOTHING, stop))
    assert told == [1]
    assert unchanged(before, pipeline.model)
    assert {layer.padding_mode for layer in pipeline.model.unet.modules() if isinstance(layer, torch.nn.Conv2d)} == {
        "zeros"
    }


def of_the_gpu(*_: Any) -> None:
    raise torch.OutOfMemoryError


def of_the_machine(*_: Any) -> None:
    torch.empty(2**55)


@pytest.mark.parametrize("run_out", [of_the_gpu, of_the_machine])
def test_a_batch_too_large_for_the_memory_says_what_to_lower(pipeline: Pipeline, run_out: Callable[..., None]) -> None:
    with pytest.raises(
        NotDrawn, match=r"too small for a batch_size of 4 at 64x64\. Order a smaller batch_size, width or height"
    ):
        next(pipeline.draw(txt2img(batch_size=4), NOTHING, run_out))


def test_a_second_pass_too_large_for_the_gpu_says_how_large_it_is(pipeline: Pipeline) -> None:
    with pytest.raises(NotDrawn, match=r"batch_size of 1 at 128x128\. Order a smaller .*, height or hr_scale"):
        next(pipeline.draw(txt2img(enable_hr=True), NOTHING, of_the_gpu))


@pytest.mark.parametrize(
    "order",
    [
        txt2img(batch_size=2, n_iter=3, sampler_name="DPM++ SDE"),
        txt2img(n_iter=3, subseed_strength=0.3, sampler_name="Euler a", enable_hr=True, hr_scale=1.5),
        img2img(n_iter=3),
    ],
    ids=str,
)
def test_batches_that_are_stored_are_left_out_and_the_others_are_the_same(
    pipeline: Pipeline, order: TaskParameters
) -> None:
    told: list[tuple[int, int]] = []
    materials = Materials(canvases=[Canvas.stretch(Image.new("RGB", (64, 64), "red"), None, img2img())])
    whole = drawings(pipeline, order, materials)
    rest = pipeline.draw(order, materials, lambda step, of, _: told.append((step, of)), stored=2)
    drawn = [each.image.tobytes() for batch in rest for each in batch.drawings]
    assert drawn == [each.image.tobytes() for each in whole[2 * order.batch_size :]]
    of = told[0][1]
    assert told == [(step, of) for step in range(2 * of // 3 + 1, of + 1)]
