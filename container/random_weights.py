"""Checkpoints of random weights, which draw noise: to try everything around a model without one.

    python -m container.random_weights tiny PATH
    python -m container.random_weights stable_diffusion_xl PATH

The file is in half precision, in the layout and with the names of the original Stable Diffusion ("LDM").
"""

import argparse
import math
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from container.architectures import ARCHITECTURES, Architecture, TextEncoder, models
from container.architectures.names import open_clip_name, unet_name, vae_name
from shared.contents import Base


def write(architecture: Architecture, path: Path) -> None:
    """Write the same weights every time; safetensors makes sure that `path` appears only when it is complete."""
    save_file(dict(weights(architecture)), path)


def weights(architecture: Architecture) -> Iterator[tuple[str, Tensor]]:
    random = torch.Generator().manual_seed(0)
    for name, tensor in models.unet(architecture).state_dict().items():
        yield unet_name(name, architecture.base is Base.SDXL), _random_tensor(name, tensor.shape, random)
    for name, tensor in models.vae(architecture.config("vae")).state_dict().items():
        weights = _random_tensor(name, tensor.shape, random)
        # LDM's VAE has 1x1 convolutions where diffusers' attention has matrices.
        yield vae_name(name), weights[..., None, None] if weights.ndim == 2 else weights
    for encoder in architecture.text_encoders:
        for name, shape in _text_shapes(architecture, encoder).items():
            yield encoder.prefix + name, _random_tensor(name, shape, random)


def _text_shapes(architecture: Architecture, encoder: TextEncoder) -> dict[str, torch.Size]:
    state = models.text_encoder(architecture, encoder).state_dict()
    if not encoder.open_clip:
        return {name: tensor.shape for name, tensor in state.items()}
    shapes = {open_clip_name(name): tensor.shape for name, tensor in state.items()}
    for name, shape in shapes.items():
        if "in_proj" in name:  # OpenCLIP has queries, keys and values in one
            shapes[name] = torch.Size((3 * shape[0], *shape[1:]))
        if name == "text_projection":
            shapes[name] = torch.Size(reversed(shape))
    return shapes


def _random_tensor(name: str, shape: torch.Size, random: torch.Generator) -> Tensor:
    """Spread so that values keep their size from layer to layer; no two tensors are alike, not even biases."""
    tensor = torch.empty(shape, dtype=torch.float16)
    if len(shape) > 1:
        bound = 1 / math.sqrt(shape[1:].numel())
        return tensor.uniform_(-bound, bound, generator=random)
    return tensor.normal_(1 if name.endswith("weight") else 0, 0.02, generator=random)


if __name__ == "__main__":
    named = {architecture.name: architecture for architecture in ARCHITECTURES}
    parser = argparse.ArgumentParser(prog="python -m container.random_weights")
    parser.add_argument("architecture", choices=named)
    parser.add_argument("path", type=Path)
    arguments = parser.parse_args()
    write(named[arguments.architecture], arguments.path)
