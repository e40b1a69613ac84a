"""Checkpoints of random weights, which draw noise: to try everything around a model without one.

    python -m container.random_weights tiny PATH
    python -m container.random_weights stable_diffusion_1 PATH

The file is in half precision, in the layout and with the names of the original Stable Diffusion ("LDM").
"""

import argparse
import math
from collections.abc import Iterator
from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import save_file
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel

from container.architectures import ARCHITECTURES, Architecture

# diffusers' names, and LDM's for the same; replaced in this order.
_UNET = {
    "time_embedding.linear_1.": "time_embed.0.",
    "time_embedding.linear_2.": "time_embed.2.",
    "conv_in.": "input_blocks.0.0.",
    "conv_norm_out.": "out.0.",
    "conv_out.": "out.2.",
    "mid_block.resnets.0.": "middle_block.0.",
    "mid_block.attentions.0.": "middle_block.1.",
    "mid_block.resnets.1.": "middle_block.2.",
}
_UNET_RESNET = {
    "norm1.": "in_layers.0.",
    "conv1.": "in_layers.2.",
    "time_emb_proj.": "emb_layers.1.",
    "norm2.": "out_layers.0.",
    "conv2.": "out_layers.3.",
    "conv_shortcut.": "skip_connection.",
}
_VAE = {
    "conv_norm_out.": "norm_out.",
    "mid_block.resnets.0.": "mid.block_1.",
    "mid_block.attentions.0.": "mid.attn_1.",
    "mid_block.resnets.1.": "mid.block_2.",
    "down_blocks.": "down.",
    **{f"up_blocks.{block}.": f"up.{3 - block}." for block in range(4)},
    "resnets.": "block.",
    "downsamplers.0.": "downsample.",
    "upsamplers.0.": "upsample.",
    "conv_shortcut.": "nin_shortcut.",
    "group_norm.": "norm.",
    "to_q.": "q.",
    "to_k.": "k.",
    "to_v.": "v.",
    "to_out.0.": "proj_out.",
}


def unet_name(name: str) -> str:
    """LDM's name of a tensor of diffusers' UNet."""
    inner = _UNET_RESNET if ".resnets." in name else {}
    return "model.diffusion_model." + _rename(name, _UNET | dict(_unet_blocks()) | inner)


def vae_name(name: str) -> str:
    """LDM's name of a tensor of diffusers' VAE."""
    return "first_stage_model." + _rename(name, _VAE)


def text_encoder_name(name: str) -> str:
    """LDM's name of a tensor of transformers' CLIP text model."""
    return "cond_stage_model.transformer.text_model." + name


def write(architecture: Architecture, path: Path) -> None:
    """Write the same weights every time; `path` appears only when it is whole, as safetensors sees to."""
    save_file(dict(_weights(architecture)), path)


def _unet_blocks() -> Iterator[tuple[str, str]]:
    """LDM numbers the layers through all blocks, and has one more at the start of those that go down."""
    for block in range(4):
        for layer in range(3):
            down, up = 3 * block + layer + 1, 3 * block + layer
            yield f"down_blocks.{block}.resnets.{layer}.", f"input_blocks.{down}.0."
            yield f"down_blocks.{block}.attentions.{layer}.", f"input_blocks.{down}.1."
            yield f"up_blocks.{block}.resnets.{layer}.", f"output_blocks.{up}.0."
            yield f"up_blocks.{block}.attentions.{layer}.", f"output_blocks.{up}.1."
        yield f"down_blocks.{block}.downsamplers.0.conv.", f"input_blocks.{3 * block + 3}.0.op."
        # third in its layer, except in the first block, which has no attention
        yield f"up_blocks.{block}.upsamplers.0.", f"output_blocks.{3 * block + 2}.{2 if block else 1}."


def _rename(name: str, renames: dict[str, str]) -> str:
    for ours, theirs in renames.items():
        name = name.replace(ours, theirs)
    return name


def _weights(architecture: Architecture) -> Iterator[tuple[str, Tensor]]:
    random = torch.Generator().manual_seed(0)
    with torch.device("meta"):  # for the names and shapes, without their memory
        unet = UNet2DConditionModel.from_config(architecture.config("unet"))
        vae = AutoencoderKL.from_config(architecture.config("vae"))
        text_encoder = CLIPTextModel(CLIPTextConfig(**architecture.config("text_encoder")))
    for name, tensor in unet.state_dict().items():
        yield unet_name(name), _random_tensor(name, tensor.shape, random)
    for name, tensor in vae.state_dict().items():
        weights = _random_tensor(name, tensor.shape, random)
        # LDM's VAE has convolutions of one pixel where diffusers' attention has matrices.
        yield vae_name(name), weights[..., None, None] if weights.ndim == 2 else weights
    for name, tensor in text_encoder.state_dict().items():
        yield text_encoder_name(name), _random_tensor(name, tensor.shape, random)


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
