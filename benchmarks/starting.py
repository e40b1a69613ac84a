"""From an order's arrival to its first sampling step: with the checkpoint drawn with last, and with another one.

Both are in memory. moto answers for AWS, which takes the processor as long as the rest.
"""

import time
from collections.abc import Iterator
from http import HTTPStatus
from statistics import median

from starlette.testclient import TestClient
from torch.nn import Module

from benchmarks.container import Container
from benchmarks.figures import Figure
from container.server import DrawingThread, app
from shared.shapes import Order

_PLACES = (0, 0, 1, 1) * 10  # of the checkpoints: each once after the other one, and once after itself


def measure(container: Container) -> Iterator[Figure]:
    unets = [container.loaded(place).model.unet for place in (0, 1)]
    serving = app(DrawingThread(container.runs.run, container.runs.silent_seconds))
    with TestClient(serving) as client:
        seconds = [_seconds(client, container.order(place, steps=1), unets[place]) for place in _PLACES]
    same, switched = median(seconds[1::2]), median(seconds[2::2])
    yield Figure("container.first_step_seconds", same)
    yield Figure("switch.memory_seconds", switched)


def _seconds(client: TestClient, order: Order, unet: Module) -> float:
    """The processor's: nothing waits meanwhile."""
    begun: list[float] = []
    hook = unet.register_forward_pre_hook(lambda *_: begun.append(time.process_time()))
    start = time.process_time()
    answer = client.post("/invocations", content=order.model_dump_json())
    assert answer.status_code == HTTPStatus.OK
    hook.remove()
    return begun[0] - start
