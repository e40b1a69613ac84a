"""The LoRA "outlined": with it, the demo model draws shapes hollow."""

from random import Random

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor, nn
from torch.nn.utils import parametrize

from container.demo.learning import learn, rank
from container.demo.lessons import Lesson, turn
from container.demo.unet import noise_loss

METADATA = {  # what kohya's trainer writes about a LoRA, as far as it is true of this one
    "ss_output_name": "outlined",
    "ss_base_model_version": "sd_v1",
    "ss_network_module": "networks.lora",
    "ss_network_dim": "8",
    "ss_network_alpha": "8.0",
    "ss_network_args": '{"conv_dim": "8", "conv_alpha": "8.0"}',
    "ss_v2": "False",
}
_RANK = 8
_STEPS = 400


def train(unet: UNet2DConditionModel, states: dict[str, Tensor], lessons: list[Lesson]) -> dict[str, Tensor]:
    """The tensors of a LoRA file as kohya's trainer names them; they stay in `unet`. `lessons` are of hollow shapes."""
    adapted = _adapt(unet)
    random = Random(rank())

    def loss(step: int) -> Tensor:
        batch = turn(lessons, step).take(states, random)
        return noise_loss(batch, lambda noisy, times: unet(noisy, times, batch.words).sample)

    learn("lora", [weight for added in adapted.values() for weight in added.parameters()], loss, _STEPS, rate=2e-3)
    return {tensor: value for name, added in adapted.items() for tensor, value in added.tensors(name).items()}


class _LowRank(nn.Module):
    """What is added to a weight: `up` times `down`, nothing at first."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        outputs, *inputs = weight.shape
        self.down = nn.Parameter(torch.randn(_RANK, *inputs) / weight[0].numel() ** 0.5)
        self.up = nn.Parameter(torch.zeros(outputs, _RANK, *[1 for _ in inputs[1:]]))

    def forward(self, weight: Tensor) -> Tensor:
        return weight + (self.up.flatten(1) @ self.down.flatten(1)).view_as(weight)

    def tensors(self, name: str) -> dict[str, Tensor]:
        alpha = torch.tensor(float(_RANK))
        return {f"{name}.lora_down.weight": self.down, f"{name}.lora_up.weight": self.up, f"{name}.alpha": alpha}


def _adapt(unet: UNet2DConditionModel) -> dict[str, _LowRank]:
    """Updates, added to the UNet's attentions and convolutions, by kohya's names for these."""
    adapted = {}
    for name, module in list(unet.named_modules()):
        if isinstance(module, nn.Linear | nn.Conv2d) and (".attentions." in name or ".conv" in name):
            added = _LowRank(module.weight).to(module.weight.device)
            parametrize.register_parametrization(module, "weight", added)
            adapted["lora_unet_" + name.replace(".", "_")] = added
    return adapted
