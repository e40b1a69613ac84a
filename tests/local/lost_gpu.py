"""The container's own server, over a drawing that loses the GPU with the order called "loses it"."""

import os

import torch

from container.server import DrawingThread, Server
from shared.shapes import Manifest, Order, Outcome


def draw(order: Order) -> Manifest:
    if order.id == "loses it":
        torch.cuda.is_initialized = lambda: True
        torch.cuda.synchronize = synchronize
        raise RuntimeError("CUDA error: device-side assert triggered")
    return Manifest(outcome=Outcome.SUCCEEDED, error=f"drawn by {os.getpid()}")


def synchronize(device: torch.device | str | int | None = None) -> None:
    raise torch.AcceleratorError("CUDA error: device-side assert triggered")


if __name__ == "__main__":
    port = int(os.environ["SAGEMAKER_BIND_TO_PORT"])
    Server(DrawingThread(draw, lambda: 0), lambda: None, port=port, log_level="warning").run()
