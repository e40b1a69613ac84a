"""What progress and previews cost: the processor's seconds that they take, over those of the drawing itself.

All is counted, on the thread that draws and on those that report: no more than that can any of it keep the drawing.
"""

import time
from collections.abc import Callable, Iterator

import torch

from benchmarks.container import Container
from benchmarks.figures import Figure
from container.pipeline import Materials
from container.progress import Progress

STEPS = 60


def measure(container: Container) -> Iterator[Figure]:
    """Of a drawing that lasts for several reports."""
    pipeline, order = container.loaded(), container.order(steps=STEPS, width=256, height=256)
    container.aws.jobs.claim(order.key, "benchmark")
    pipeline.latents.preview(torch.zeros(1, 4, 8, 8))  # a checkpoint's first takes longer than the next
    telling = 0.0

    def on_step(step: int, of: int, preview: Callable[[], bytes]) -> None:
        nonlocal telling
        start = time.thread_time()
        progress.step(step, of, preview)
        telling += time.thread_time() - start

    progress = Progress(container.aws.jobs, container.aws.bucket, order.key, "benchmark")
    process, drawing = time.process_time(), time.thread_time()
    with progress:
        for _ in pipeline.draw(order.parameters, Materials(), on_step):
            pass
    drawing = time.thread_time() - drawing
    reporting = time.process_time() - process - drawing
    note = f"{telling / STEPS * 1e6:.0f} µs a step, and {reporting * 1000:.0f} ms beside {drawing:.1f} s of drawing"
    yield Figure("step.overhead", 100 * (telling + reporting) / (drawing - telling), note)
