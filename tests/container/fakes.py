"""A pipeline that draws grey squares as a test wants, and a VAE that loses nothing but detail."""

from collections.abc import Callable, Iterator, Sequence
from typing import cast

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from container.infotext import Named, Seeds
from container.latents import PIXELS, Latents
from container.pipeline import Drawing, Drawn, Extra, Materials, Pipeline, Vae
from container.work import OnStep
from shared.parameters import Parameters
from shared.shapes import Order

Part = Callable[[Callable[[], None]], None]


class FakePipeline:
    """Draws batches of grey pictures; `before` is called with each batch's number, and may raise.

    `gathering` and `drawing` are called with what asks whether to go on, when models would arrive and before the first
    step.
    """

    def __init__(
        self,
        before: Callable[[int], None] = lambda _: None,
        preview: bytes = b"preview",
        gathering: Part = lambda check: check(),
        drawing: Part = lambda _: None,
    ) -> None:
        self._before = before
        self._preview = preview
        self._gathering = gathering
        self._drawing = drawing

    def draw(
        self,
        parameters: Parameters,
        materials: Materials,
        on_step: OnStep,
        *,
        check: Callable[[], None],
        stored: int = 0,
    ) -> Iterator[Drawn]:
        self._drawing(check)
        for batch in range(stored, parameters.n_iter):
            self._before(batch)
            check()
            on_step(batch + 1, parameters.n_iter, lambda: self._preview)
            image = Image.new("RGB", (parameters.width, parameters.height))
            numbers = range(batch * parameters.batch_size, (batch + 1) * parameters.batch_size)
            drawings = [Drawing(image, Seeds(number, 10 + number), f"infotext {number}") for number in numbers]
            yield Drawn(drawings, [*materials.maps])

    def gather(self, _order: Order, on_range: Callable[[], None]) -> tuple[Pipeline, Materials]:
        """What a run draws an order with: this pipeline, and one map as its materials."""
        self._gathering(on_range)
        return cast(Pipeline, self), Materials(maps=[Extra("control_map", Image.new("RGB", (8, 8)), unit=0)])


class Squares(Latents):
    """A latent is the colour of its pixels: red, green and blue from -1 to 1, and a 0."""

    def encode(self, images: Sequence[Image.Image]) -> Tensor:
        small = [
            image.resize((image.width // PIXELS, image.height // PIXELS), Image.Resampling.BOX) for image in images
        ]
        colours = torch.from_numpy(np.stack([np.asarray(each, np.float32) for each in small])) / 127.5 - 1
        return torch.nn.functional.pad(colours, (0, 1)).permute(0, 3, 1, 2)

    def decode(self, latents: Tensor) -> list[Image.Image]:
        colours = (latents[:, :3].permute(0, 2, 3, 1).cpu() * 127.5 + 127.5).clamp(0, 255).to(torch.uint8)
        images = [Image.fromarray(each.numpy()) for each in colours]
        return [each.resize((each.width * PIXELS, each.height * PIXELS), Image.Resampling.NEAREST) for each in images]


def encoded(monkeypatch: pytest.MonkeyPatch) -> list[Image.Image]:
    """The pictures that such VAEs are shown from now on."""
    shown: list[Image.Image] = []
    encode = Squares.encode

    def keep(vae: Squares, images: Sequence[Image.Image]) -> Tensor:
        shown.extend(images)
        return encode(vae, images)

    monkeypatch.setattr(Squares, "encode", keep)
    return shown


def squares(pipeline: Pipeline) -> Materials:
    """Materials with such a VAE in place of the checkpoint's."""
    return Materials(vae=Vae(Named("squares", "5" * 64), Squares(pipeline.latents.vae)))
