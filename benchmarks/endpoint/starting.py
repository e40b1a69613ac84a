"""From an order's arrival to its first sampling step: with the checkpoint that was used last, and with another one,
both in memory."""

import time
from collections.abc import Iterator
from http import HTTPStatus
from statistics import median

from starlette.testclient import TestClient
from torch.nn import Module

from benchmarks.endpoint.container import Container
from benchmarks.figures import Figure
from container.server import DrawingThread, app
from shared.parameters import Txt2ImgParameters
from shared.shapes import Order

PARAMETERS = Txt2ImgParameters(prompt="a lighthouse at night", steps=1, width=64, height=64, seed=1)
PLACES = (0, 0, 1, 1) * 10  # of the checkpoints: each is used once after the other one, and once after itself


def measure(container: Container) -> Iterator[Figure]:
    unets = [container.loaded(place).model.unet for place in (0, 1)]
    serving = app(DrawingThread(container.runs.run, container.runs.silent_seconds))
    with TestClient(serving) as client:
        seconds = [_seconds(client, container.order(PARAMETERS, place), unets[place]) for place in PLACES]
    yield Figure("container.first_step_seconds", median(seconds[1::2]))
    yield Figure("switch.memory_seconds", median(seconds[2::2]))


def _seconds(client: TestClient, order: Order, unet: Module) -> float:
    """Wall-clock seconds: they include waiting for AWS, which answers at once."""
    begun: list[float] = []
    hook = unet.register_forward_pre_hook(lambda *_: begun.append(time.monotonic()))
    start = time.monotonic()
    answer = client.post("/invocations", content=order.model_dump_json())
    hook.remove()
    assert answer.status_code == HTTPStatus.OK
    return begun[0] - start
