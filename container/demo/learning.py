"""The loop that trains every part of the demo model, in one process or in several that share the work."""

import math
import time
from collections.abc import Callable, Iterable
from copy import deepcopy

import torch
from torch import Tensor, distributed, nn

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
_WARM_UP = 50


def rank() -> int:
    """Which of the processes this is; 0 writes the files."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def learn(name: str, weights: Iterable[nn.Parameter], loss: Callable[[int], Tensor], steps: int, rate: float) -> None:
    """Lower `loss(step)` by AdamW for `steps` steps, at a rate that rises for 50 steps and then falls to nothing.

    Each process draws its own batch in `loss`; they all take the same step, along the mean of their gradients.
    """
    weights = list(weights)
    _share_start(weights)
    torch.manual_seed(rank())
    optimiser = torch.optim.AdamW(weights, lr=rate, betas=(0.9, 0.99), weight_decay=0.01)
    pace = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _pace(step, steps))
    start, sum_of_losses = time.monotonic(), 0.0
    for step in range(steps):
        optimiser.zero_grad()
        error = loss(step)
        error.backward()  # type: ignore[no-untyped-call]
        _share_gradients(weights)
        nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
        pace.step()
        sum_of_losses += error.item()
        if step % 100 == 99:
            if rank() == 0:
                print(
                    f"{name} {step + 1}/{steps} loss {sum_of_losses / 100:.4f} {time.monotonic() - start:.0f} s",
                    flush=True,
                )
            sum_of_losses = 0.0


class Average:
    """The mean of a model's weights over its last few hundred steps, which is smoother than any one of them."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.model, self._source, self._decay = deepcopy(model), model, decay

    @torch.no_grad()
    def update(self, step: int) -> None:
        decay = min(self._decay, (1 + step) / (10 + step))
        for mean, weight in zip(self.model.parameters(), self._source.parameters(), strict=True):
            mean.lerp_(weight, 1 - decay)


def _shared() -> bool:
    return distributed.is_initialized() and distributed.get_world_size() > 1


def _pace(step: int, steps: int) -> float:
    return min(1.0, (step + 1) / _WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * step / steps))


def _share_start(weights: list[nn.Parameter]) -> None:
    if _shared():
        for weight in weights:
            distributed.broadcast(weight.data, 0)


def _share_gradients(weights: list[nn.Parameter]) -> None:
    if not _shared():
        return
    gradients = [weight.grad for weight in weights if weight.grad is not None]
    together = torch.cat([gradient.flatten() for gradient in gradients])
    distributed.all_reduce(together)
    together /= distributed.get_world_size()
    pieces = torch.split(together, [gradient.numel() for gradient in gradients])
    for gradient, piece in zip(gradients, pieces, strict=True):
        gradient.copy_(piece.view_as(gradient))
