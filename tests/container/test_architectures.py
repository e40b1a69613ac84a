from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from container.architectures import ARCHITECTURES, Architecture, UnusableCheckpoint, find


@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda each: each.name)
def test_a_checkpoint_is_known_by_the_shapes_of_its_tensors(architecture: Architecture, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.safetensors"
    save_file({name: torch.zeros(shape) for name, shape in architecture.landmarks().items()}, path)
    assert find(path) == architecture


def test_a_whole_tiny_checkpoint_is_known(checkpoint: Path) -> None:
    assert find(checkpoint) == Architecture("tiny")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a pickled .ckpt begins like this", b"\xff" * 100])
def test_a_file_of_another_format_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.safetensors"
    path.write_bytes(content)
    with pytest.raises(UnusableCheckpoint, match=r"no complete \.safetensors file .* Upload it again"):
        find(path)


def test_a_truncated_file_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    path = tmp_path / "truncated.safetensors"
    path.write_bytes(checkpoint.read_bytes()[:-1])
    with pytest.raises(UnusableCheckpoint, match=r"no complete \.safetensors file"):
        find(path)


@pytest.mark.parametrize(
    ("tensor", "kind"),
    [
        ("lora_unet_mid_block_attentions_0_proj_in.lora_down.weight", "a LoRA"),
        ("conditioner.embedders.0.transformer.text_model.final_layer_norm.bias", "Stable Diffusion XL"),
        ("cond_stage_model.model.token_embedding.weight", "Stable Diffusion 2"),
        ("control_model.time_embed.0.weight", "a ControlNet"),
        ("emb_params", "no Stable Diffusion 1.x checkpoint"),
    ],
)
def test_another_kind_of_model_is_refused_by_its_name(tensor: str, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save_file({tensor: torch.zeros(1)}, path)
    with pytest.raises(UnusableCheckpoint, match=rf"{kind}.* Choose a Stable Diffusion 1\.x"):
        find(path)


def test_an_inpainting_checkpoint_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    path = tmp_path / "inpainting.safetensors"
    nine_channels = {"model.diffusion_model.input_blocks.0.0.weight": torch.zeros(32, 9, 3, 3)}
    save_file(load_file(checkpoint) | nine_channels, path)
    with pytest.raises(UnusableCheckpoint):
        find(path)
