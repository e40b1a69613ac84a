"""A pipeline that draws grey squares as a test wants."""

from collections.abc import Callable, Iterator

from PIL import Image

from container.pipeline import Drawing
from shared.parameters import Parameters
from shared.shapes import Model


class FakePipeline:
    """Draws one picture a batch; `before` is called with each batch's number, and may raise."""

    def __init__(self, before: Callable[[int], None] = lambda _: None) -> None:
        self._before = before

    def draw(self, parameters: Parameters, on_step: Callable[[float], None]) -> Iterator[list[Drawing]]:
        for number in range(parameters.n_iter):
            self._before(number)
            on_step((number + 1) / parameters.n_iter)
            yield [Drawing(Image.new("RGB", (parameters.width, parameters.height)), number, f"infotext {number}")]


class FakeCheckpoints:
    def __init__(self, pipeline: FakePipeline) -> None:
        self._pipeline = pipeline

    def load(self, _: Model) -> FakePipeline:
        return self._pipeline
