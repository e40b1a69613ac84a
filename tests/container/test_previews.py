from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from container import demo
from container.infotext import Named
from container.pipeline import Pipeline
from tests.container.drawing import NOTHING, txt2img

DEMO = Path(demo.__file__).parent / "models" / "checkpoint" / "shapes.safetensors"


@pytest.mark.parametrize(
    ("fields", "size"),
    [({"width": 128}, (256, 128)), ({"enable_hr": True, "hr_resize_x": 64, "hr_resize_y": 128}, (128, 256))],
    ids=["one pass", "two passes"],
)
def test_a_preview_is_a_small_jpeg_that_any_thread_can_make(
    pipeline: Pipeline, fields: dict[str, Any], size: tuple[int, int]
) -> None:
    previews: list[Callable[[], bytes]] = []
    list(pipeline.draw(txt2img(**fields), NOTHING, lambda _step, _of, preview: previews.append(preview)))
    with ThreadPoolExecutor(1) as other:
        contents = list(other.map(lambda preview: preview(), previews))
    assert len(contents) == len(previews) >= 2
    with Image.open(BytesIO(contents[-1])) as read:
        assert (read.format, read.size) == ("JPEG", size)
    assert contents[0] != contents[-1]


@pytest.mark.skipif(not DEMO.exists(), reason="the demo models are not here")
def test_a_preview_looks_like_the_picture() -> None:
    previews: list[Callable[[], bytes]] = []
    order = txt2img(prompt="a red circle on a blue background", steps=8)
    ((drawing,), _) = next(
        Pipeline.load(DEMO, Named("shapes", "")).draw(
            order, NOTHING, lambda _step, _of, preview: previews.append(preview)
        )
    )
    with Image.open(BytesIO(previews[-1]())) as shown:
        sketch = np.asarray(shown.resize((8, 8), Image.Resampling.BOX)).ravel()
    picture = np.asarray(drawing.image.resize((8, 8), Image.Resampling.BOX)).ravel()
    assert np.corrcoef(sketch, picture)[0, 1] > 0.5
