"""The files of the demo model, half precision, in the layouts and names that such files have in the wild."""

from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import save_file
from torch import Tensor
from transformers import CLIPTextModel

from container.architectures.names import text_encoder_name, unet_name, vae_name


def checkpoint(unet: UNet2DConditionModel, vae: AutoencoderKL, model: CLIPTextModel) -> dict[str, Tensor]:
    """A checkpoint's tensors by the names of the original Stable Diffusion ("LDM")."""
    weights = {unet_name(name): tensor for name, tensor in unet.state_dict().items()}
    for name, tensor in vae.state_dict().items():
        # LDM's VAE has 1x1 convolutions where diffusers' attention has matrices.
        weights[vae_name(name)] = tensor[..., None, None] if tensor.ndim == 2 else tensor
    return weights | {text_encoder_name(name): tensor for name, tensor in model.state_dict().items()}


def save(path: Path, weights: dict[str, Tensor], metadata: dict[str, str] | None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    halves = {name: tensor.detach().to("cpu", torch.float16).contiguous() for name, tensor in weights.items()}
    save_file(halves, path, metadata)
