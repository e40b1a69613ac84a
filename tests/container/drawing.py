"""Small orders to draw, and how to draw and compare them."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from container.pipeline import Drawing, Materials, Pipeline
from shared.parameters import Img2ImgParameters, Txt2ImgParameters
from shared.shapes import TaskParameters

Pixels = NDArray[np.int64]
SMALL: dict[str, Any] = {"prompt": "a red circle", "seed": 7, "subseed": 3, "steps": 2, "width": 64, "height": 64}
NOTHING = Materials()


def txt2img(**fields: Any) -> Txt2ImgParameters:
    return Txt2ImgParameters(**SMALL | fields)


def img2img(**fields: Any) -> Img2ImgParameters:
    return Img2ImgParameters(**SMALL | {"init_images": ["a"]} | fields)


def unheard(_step: int, _of: int, _preview: Callable[[], bytes]) -> None:
    """An `on_step` for drawings whose steps do not matter."""


def drawings(pipeline: Pipeline, parameters: TaskParameters, materials: Materials = NOTHING) -> list[Drawing]:
    return [each for drawn in pipeline.draw(parameters, materials, unheard) for each in drawn.drawings]


def pixels(drawing: Drawing) -> Pixels:
    return np.asarray(drawing.image, dtype=np.int64)


def drawn(pipeline: Pipeline, parameters: TaskParameters, materials: Materials = NOTHING) -> Pixels:
    """The pixels of an order's only picture."""
    (drawing,) = drawings(pipeline, parameters, materials)
    return pixels(drawing)


def difference(first: Pixels, second: Pixels) -> float:
    """The mean difference, of 255."""
    return float(abs(first - second).mean())


def steps(pipeline: Pipeline, parameters: TaskParameters, materials: Materials = NOTHING) -> list[tuple[int, int]]:
    """What `on_step` is told while an order is drawn."""
    told: list[tuple[int, int]] = []
    for _ in pipeline.draw(parameters, materials, lambda step, of, _preview: told.append((step, of))):
        pass
    return told
