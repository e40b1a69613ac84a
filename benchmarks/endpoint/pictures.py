"""Pictures per second: orders through the container, against a bare diffusers loop over the same weights.

The container's time is that of a whole order: claim, drawing, PNG, storing, manifest. The bare loop makes a PNG too.
"""

import time
from collections.abc import Iterator
from functools import partial

from benchmarks import pairs
from benchmarks.endpoint.bare import Bare
from benchmarks.endpoint.container import Container
from benchmarks.figures import Figure
from shared.parameters import Txt2ImgParameters
from shared.shapes import Outcome

PARAMETERS = Txt2ImgParameters(
    prompt="a lighthouse at night", sampler_name="Euler a", steps=20, width=256, height=256, seed=1
)
PAIRS = 6


def measure(container: Container) -> Iterator[Figure]:
    bare = Bare(container.loaded().model)
    compared = pairs.compare(partial(_with_the_container, container), partial(_with_diffusers, bare), PAIRS)
    note = f"a picture in {compared.ours:.2f} s, bare {compared.theirs:.2f} s"
    yield Figure("container.ratio", 1 / compared.ratio, note)


def _with_the_container(container: Container, _pair: int) -> float:
    order = container.order(PARAMETERS)
    start = time.process_time()
    manifest = container.runs.run(order)
    seconds = time.process_time() - start
    assert manifest.outcome is Outcome.SUCCEEDED
    return seconds


def _with_diffusers(bare: Bare, _pair: int) -> float:
    start = time.process_time()
    bare.draw(PARAMETERS)
    return time.process_time() - start
