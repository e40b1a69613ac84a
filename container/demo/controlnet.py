"""The ControlNet "canny": with it, the demo model draws the shape whose edges it is shown."""

from random import Random

import numpy as np
import torch
from diffusers import ControlNetModel, UNet2DConditionModel
from torch import Tensor

from container.architectures.names import unet_name
from container.demo.learning import DEVICE, learn, rank
from container.demo.lessons import Lesson, turn
from container.demo.pictures import Picture
from container.demo.unet import noise_loss

_STEPS = 900
_NAMES = {
    "controlnet_cond_embedding.conv_in.": "input_hint_block.0.",
    **{f"controlnet_cond_embedding.blocks.{layer}.": f"input_hint_block.{2 * layer + 2}." for layer in range(6)},
    "controlnet_cond_embedding.conv_out.": "input_hint_block.14.",
    **{f"controlnet_down_blocks.{layer}.": f"zero_convs.{layer}.0." for layer in range(12)},
    "controlnet_mid_block.": "middle_block_out.0.",
}


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


def name_in_file(name: str) -> str:
    """The original ControlNet's name of a tensor of diffusers'."""
    for ours, theirs in _NAMES.items():
        if name.startswith(ours):
            return "control_model." + theirs + name.removeprefix(ours)
    return unet_name(name).replace("model.diffusion_model.", "control_model.")


def _to_tensor(edges: list[Picture]) -> Tensor:
    """(picture, RGB, row, column) from 0 to 1."""
    return torch.from_numpy(np.stack(edges)).permute(0, 3, 1, 2).to(DEVICE) / 255
