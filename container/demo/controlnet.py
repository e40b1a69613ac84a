"""The ControlNet "canny": with it, the demo model draws the shape whose edges it is shown."""

from random import Random

import numpy as np
import torch
from diffusers import ControlNetModel, UNet2DConditionModel
from torch import Tensor

from container.demo.learning import DEVICE, learn, rank
from container.demo.lessons import Lesson, turn
from container.demo.pictures import Picture
from container.demo.unet import noise_loss

_STEPS = 900


def train(unet: UNet2DConditionModel, states: dict[str, Tensor], lessons: list[Lesson]) -> ControlNetModel:
    controlnet = ControlNetModel.from_unet(unet).to(DEVICE).requires_grad_(True)
    random = Random(rank())

    def loss(step: int) -> Tensor:
        batch = turn(lessons, step).take(states, random).placed()
        edges = _to_tensor([scene.edges(8 * batch.latents.shape[-1]) for scene in batch.scenes])

        def predict(noisy: Tensor, times: Tensor) -> Tensor:
            down, middle = controlnet(noisy, times, batch.words, edges, return_dict=False)
            residuals = {"down_block_additional_residuals": down, "mid_block_additional_residual": middle}
            noise: Tensor = unet(noisy, times, batch.words, **residuals).sample
            return noise

        return noise_loss(batch, predict)

    learn("controlnet", controlnet.parameters(), loss, _STEPS, rate=2e-3)
    return controlnet


def _to_tensor(edges: list[Picture]) -> Tensor:
    """(picture, RGB, row, column) from 0 to 1."""
    return torch.from_numpy(np.stack(edges)).permute(0, 3, 1, 2).to(DEVICE) / 255
