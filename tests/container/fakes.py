"""A pipeline that draws grey squares as a test wants."""

from collections.abc import Callable, Iterator
from typing import cast

from PIL import Image

from container.infotext import Seeds
from container.pipeline import Drawing, Drawn, Extra, Materials, Pipeline
from container.work import OnStep
from shared.parameters import Parameters
from shared.shapes import Order


class FakePipeline:
    """Draws one picture a batch, from the second on beside a grid; `before` is called with its number, and may raise."""

    def __init__(self, before: Callable[[int], None] = lambda _: None, preview: bytes = b"preview") -> None:
        self._before = before
        self._preview = preview

    def draw(self, parameters: Parameters, materials: Materials, on_step: OnStep) -> Iterator[Drawn]:
        for number in range(parameters.n_iter):
            self._before(number)
            on_step(number + 1, parameters.n_iter, lambda: self._preview)
            image = Image.new("RGB", (parameters.width, parameters.height))
            yield Drawn([Drawing(image, Seeds(number, 10 + number), f"infotext {number}")], [*materials.maps])

    def gather(self, _order: Order, on_range: Callable[[], None]) -> tuple[Pipeline, Materials]:
        """As what a run draws an order with; of the order's materials, one map."""
        on_range()
        return cast(Pipeline, self), Materials(maps=[Extra("control_map", Image.new("RGB", (8, 8)), unit=0)])
