"""The demo model's UNet."""

from collections.abc import Callable
from random import Random

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor

from container.demo.learning import DEVICE, Average, learn, rank
from container.demo.lessons import Batch, Lesson, turn
from container.diffusion import alphas_cumprod

_LARGEST_WEIGHT = 20.0
_SCHEDULE = alphas_cumprod().to(DEVICE)


def train(
    unet: UNet2DConditionModel,
    states: dict[str, Tensor],
    lessons: list[Lesson],
    steps: int,
    rate: float,
) -> UNet2DConditionModel:
    """Teach all of the UNet. The result is the last steps' average."""
    random = Random(rank())
    average = Average(unet, 0.998)

    def loss(step: int) -> Tensor:
        average.update(step)
        batch = turn(lessons, step).take(states, random)
        return noise_loss(batch, lambda noisy, times: unet(noisy, times, batch.words).sample)

    learn("unet", unet.parameters(), loss, steps, rate)
    return average.model


def noise_loss(batch: Batch, predict: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """How far `predict(noisy_latents, times)` is from the noise that a perfect model would predict.

    That is not the noise that was added, but the mean of all that may have been: the scenes are few enough to compute
    it, and learning from it takes far fewer steps. Divided by the share of the signal, an error in the noise is one in
    `v`, which matters equally at all times: where nearly all is noise, colours and shapes hang on its smallest errors.
    """
    times = (1000 * torch.rand(len(batch.latents), device=DEVICE) ** 0.7).long()
    signal = _SCHEDULE[times][:, None, None, None]
    noisy = signal.sqrt() * batch.latents + (1 - signal).sqrt() * torch.randn_like(batch.latents)
    noise = (noisy - signal.sqrt() * batch.expected(noisy, signal)) / (1 - signal).sqrt()
    error = predict(noisy, times) - noise
    loss: Tensor = (error.square() * (1 / signal).clamp(max=_LARGEST_WEIGHT)).mean()
    return loss
