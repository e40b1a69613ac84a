from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from container.architectures import ARCHITECTURES, Architecture, UnusableCheckpoint, find, models
from container.architectures.names import unet_name
from container.tensors import UnusableFile
from shared.contents import Base
from tests.container.architectures import TINY_2, TINY_XL

FIRST_LAYER = "model.diffusion_model.input_blocks.0.0.weight"


@pytest.mark.parametrize("architecture", [*ARCHITECTURES, TINY_2, TINY_XL], ids=lambda each: each.name)
def test_a_checkpoint_is_known_by_the_shapes_of_its_tensors(architecture: Architecture, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.safetensors"
    landmarks = {name: torch.zeros(shape, dtype=torch.uint8) for name, shape in architecture.landmarks().items()}
    save_file(landmarks, path)
    assert find(path) == architecture


@pytest.mark.parametrize(
    ("name", "base", "unet", "text_encoders"),
    [  # how many weights the published checkpoints have; Stable Diffusion 2.x's text encoder without its last layer
        ("stable_diffusion_1", Base.SD1, 859_520_964, [123_060_480]),
        ("stable_diffusion_2", Base.SD2, 865_910_724, [340_387_840]),
        ("stable_diffusion_xl", Base.SDXL, 2_567_463_684, [123_060_480, 694_659_840]),
    ],
)
def test_an_architecture_has_the_size_of_the_original(
    name: str, base: Base, unet: int, text_encoders: list[int]
) -> None:
    architecture = Architecture(name)
    parts = [
        models.unet(architecture),
        models.vae(architecture.config("vae")),
        *(models.text_encoder(architecture, each) for each in architecture.text_encoders),
    ]
    sizes = [sum(weight.numel() for weight in part.parameters()) for part in parts]
    assert architecture.base == base
    assert sizes == [unet, 83_653_863, *text_encoders]


@pytest.mark.parametrize(
    ("block", "xl", "name"),
    [
        (0, False, "output_blocks.2.1.conv.weight"),
        (1, False, "output_blocks.5.2.conv.weight"),
        (2, False, "output_blocks.8.2.conv.weight"),
        (0, True, "output_blocks.2.2.conv.weight"),
        (1, True, "output_blocks.5.2.conv.weight"),
    ],
)
def test_an_upsampler_stands_where_published_checkpoints_have_it(block: int, xl: bool, name: str) -> None:
    """Behind the attention, where there is any; diffusers' own conversion takes it from anywhere in its layer."""
    assert unet_name(f"up_blocks.{block}.upsamplers.0.conv.weight", xl) == f"model.diffusion_model.{name}"


def test_every_base_can_be_loaded() -> None:
    assert {architecture.base for architecture in ARCHITECTURES} == set(Base)


@pytest.mark.parametrize("content", [b"", b"\xff" * 100, b"{}", b"PK\x03\x04 so begins a .ckpt", b"\x80\x02\x8a\n"])
def test_a_file_of_another_format_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.safetensors"
    path.write_bytes(content)
    with pytest.raises(UnusableFile, match=r"This checkpoint is no complete \.safetensors file .* Upload it again"):
        find(path)


def test_a_truncated_file_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    path = tmp_path / "truncated"
    path.write_bytes(checkpoint.read_bytes()[:-100])
    with pytest.raises(UnusableFile, match=r"This checkpoint is no complete .* Upload it again"):
        find(path)


def test_no_length_of_a_header_makes_a_safetensors_file_a_pickle(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    for padding in range(0, 1024, 8):
        save_file({"lora_": torch.zeros(1)}, path, {"padding": padding * " "})
        with pytest.raises(UnusableCheckpoint, match="a LoRA"):
            find(path)


@pytest.mark.parametrize(
    ("tensor", "kind"),
    [
        ("lora_unet_mid_block_attentions_0_proj_in.lora_down.weight", "a LoRA"),
        ("control_model.time_embed.0.weight", "a ControlNet"),
        ("model.diffusion_model.joint_blocks.0.x_block.attn.qkv.weight", "a Stable Diffusion 3 checkpoint"),
        ("model.diffusion_model.double_blocks.0.img_attn.proj.weight", "a Flux checkpoint"),
        ("double_blocks.0.img_attn.proj.weight", "a Flux model"),
        ("conditioner.embedders.0.model.token_embedding.weight", "an SDXL refiner"),
        ("edm_mean", "a checkpoint trained for EDM sampling"),
        ("encoder.conv_in.weight", "a VAE"),
        ("emb_params", "no checkpoint that can be loaded"),
    ],
)
def test_another_kind_of_model_is_refused_by_its_name(tensor: str, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save_file({tensor: torch.zeros(1)}, path)
    with pytest.raises(UnusableCheckpoint, match=rf"{kind}\. Choose a Stable Diffusion 1\.x, 2\.x or SDXL"):
        find(path)


@pytest.mark.parametrize(("channels", "kind"), [(9, "an inpainting"), (8, "an InstructPix2Pix")])
def test_a_unet_with_more_inputs_is_refused_by_its_name(
    channels: int, kind: str, checkpoint: Path, tmp_path: Path
) -> None:
    path = tmp_path / "other.safetensors"
    save_file(load_file(checkpoint) | {FIRST_LAYER: torch.zeros(32, channels, 3, 3)}, path)
    with pytest.raises(UnusableCheckpoint, match=f"{kind} checkpoint"):
        find(path)


def test_a_checkpoint_without_its_vae_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    path = tmp_path / "no_vae.safetensors"
    save_file({name: each for name, each in load_file(checkpoint).items() if "first_stage" not in name}, path)
    with pytest.raises(UnusableCheckpoint, match="a checkpoint without its VAE"):
        find(path)
