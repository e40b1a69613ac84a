"""What progress and previews cost: the processor seconds that they take, over those of the drawing itself.

All of it is counted, on the thread that draws and on those that report: it can't delay the drawing by more than that.
"""

import time
from collections.abc import Callable, Iterator

import torch

from benchmarks.endpoint.container import Container
from benchmarks.figures import Figure
from container.pipeline import Materials
from container.progress import Progress
from shared.parameters import Txt2ImgParameters

STEPS = 60  # enough of them to last for several reports
PARAMETERS = Txt2ImgParameters(prompt="a lighthouse at night", steps=STEPS, width=256, height=256, seed=1)


def measure(container: Container) -> Iterator[Figure]:
    pipeline, order = container.loaded(), container.order(PARAMETERS)
    pipeline.latents.preview(torch.zeros(1, 4, 8, 8))  # a checkpoint's first preview takes longer than the next
    progress = Progress(container.jobs, container.bucket, order.key, "claim")
    telling = 0.0

    def on_step(step: int, of: int, preview: Callable[[], bytes]) -> None:
        nonlocal telling
        start = time.thread_time()
        progress.step(step, of, preview)
        telling += time.thread_time() - start

    process, drawing = time.process_time(), time.thread_time()
    with progress:
        for _ in pipeline.draw(PARAMETERS, Materials(), on_step):
            pass
    drawing = time.thread_time() - drawing
    reporting = time.process_time() - process - drawing
    note = f"{telling / STEPS * 1e6:.0f} µs a step, and {reporting * 1000:.0f} ms beside {drawing:.1f} s of drawing"
    yield Figure("step.overhead", 100 * (telling + reporting) / (drawing - telling), note)
