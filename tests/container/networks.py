"""What tests of extra networks need: a checkpoint's answer, and whether it came back as it was."""

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from container.loading import StableDiffusion


@torch.inference_mode()
def answers(stable_diffusion: StableDiffusion) -> tuple[Tensor, Tensor]:
    """What the UNet answers to noise and a random context, and the last text encoder to a prompt."""
    random = torch.Generator().manual_seed(1)
    size = stable_diffusion.unet.config.cross_attention_dim
    noise, context = torch.randn(1, 4, 8, 8, generator=random), torch.randn(1, 77, size, generator=random)
    added = {"text_embeds": torch.ones(1, 40), "time_ids": torch.ones(1, 6)}
    said = stable_diffusion.unet(noise, 500, context, added_cond_kwargs=added).sample
    text = stable_diffusion.text_encoders[-1](torch.tensor([[512, 320, 513]]), output_hidden_states=True)
    return said, text.hidden_states[-1]


def weights(stable_diffusion: StableDiffusion) -> list[Tensor]:
    """Copies of everything that can be changed."""
    parts = [stable_diffusion.unet, stable_diffusion.vae, *stable_diffusion.text_encoders]
    return [tensor.clone() for part in parts for tensor in part.state_dict().values()]


def unchanged(before: list[Tensor], stable_diffusion: StableDiffusion) -> bool:
    return all(torch.equal(old, new) for old, new in zip(before, weights(stable_diffusion), strict=True))


def lora(path: Path, layers: dict[str, tuple[int, int]], rank: int = 2, alpha: float | None = None) -> Path:
    """A LoRA of random weights for layers of these sizes, (out, in)."""
    random = torch.Generator().manual_seed(0)
    tensors: dict[str, Tensor] = {}
    for name, (outputs, inputs) in layers.items():
        tensors[f"{name}.lora_down.weight"] = torch.randn(rank, inputs, generator=random) / 4
        tensors[f"{name}.lora_up.weight"] = torch.randn(outputs, rank, generator=random) / 4
        if alpha is not None:
            tensors[f"{name}.alpha"] = torch.tensor(alpha)
    save_file(tensors, path)
    return path
