"""Tiny ControlNets of random weights, as models and as the files that they come in; and a person."""

from pathlib import Path

import torch
from diffusers import ControlNetModel, UNet2DConditionModel
from safetensors.torch import save_file
from torch import Tensor

from container.architectures import Architecture
from container.controlnet.names import control_name
from container.controlnet.poses import Person, Point

STANDING = [
    Point(*at)
    for at in [
        (128, 30), (128, 70), (100, 72), (80, 110), (70, 150), (156, 72), (176, 110), (186, 150), (112, 150),
        (104, 190), (100, 235), (144, 150), (152, 190), (156, 235), (114, 20), (142, 20), (100, 34), (156, 34),
    ]
]  # fmt: skip


def standing(x: float = 0) -> Person:
    return [Point(at.x + x, at.y) for at in STANDING]


def unet(architecture: Architecture, seed: int = 0) -> UNet2DConditionModel:
    torch.manual_seed(seed)
    return UNet2DConditionModel.from_config(architecture.config("unet")).eval().requires_grad_(False)


def controlnet(base: UNet2DConditionModel, seed: int = 1) -> ControlNetModel:
    """One that guides untrained: it has small numbers where training begins with zeros."""
    torch.manual_seed(seed)
    model = ControlNetModel.from_unet(base).eval().requires_grad_(False)
    for parameter in model.parameters():
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.1)
    return model


def as_ldm(model: ControlNetModel, prefix: str = "control_model.") -> dict[str, Tensor]:
    return {prefix + control_name(name): tensor for name, tensor in model.state_dict().items()}


def save(tensors: dict[str, Tensor], path: Path) -> Path:
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path)
    return path
