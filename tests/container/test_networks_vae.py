from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from container import loading
from container.loading import StableDiffusion
from container.networks import vae
from container.tensors import UnusableFile
from shared.contents import Base
from tests.container.networks import unchanged, weights

PREFIX = "first_stage_model."


@pytest.fixture(scope="module")
def tiny(checkpoint: Path) -> StableDiffusion:
    return loading.load(checkpoint)


@pytest.fixture
def tensors(checkpoint: Path) -> dict[str, Tensor]:
    """The checkpoint's VAE turned dark, by the names that VAE files use."""
    found = {name.removeprefix(PREFIX): each for name, each in load_file(checkpoint).items() if PREFIX in name}
    return found | {"decoder.conv_out.bias": torch.full((3,), -4.0)}


def test_it_decodes_in_place_of_the_checkpoints_own(
    tiny: StableDiffusion, tensors: dict[str, Tensor], tmp_path: Path
) -> None:
    save_file(tensors, tmp_path / "dark.safetensors")
    before = weights(tiny)
    dark = vae.load(tmp_path / "dark.safetensors", "dark", tiny)
    with torch.inference_mode():
        latents = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
        own, other = tiny.vae.decode(latents).sample, dark.decode(latents).sample
    assert other.shape == (1, 3, 64, 64)
    shift = -4 - tiny.vae.decoder.conv_out.bias
    torch.testing.assert_close(other, own + shift[:, None, None])
    assert dark.config.scaling_factor == tiny.vae.config.scaling_factor
    assert unchanged(before, tiny)


@pytest.mark.parametrize("prefix", ["", PREFIX])
def test_every_way_to_save_one_is_read(
    prefix: str, tiny: StableDiffusion, tensors: dict[str, Tensor], tmp_path: Path
) -> None:
    path = tmp_path / "vae"
    named = {prefix + name: tensor for name, tensor in tensors.items()}
    save_file(named | {"loss.logvar": torch.zeros(1)}, path)
    assert vae.load(path, "dark", tiny).decoder.conv_out.bias.tolist() == [-4, -4, -4]


def refused(stable_diffusion: StableDiffusion, tensors: dict[str, Tensor], path: Path, reason: str) -> None:
    save_file(tensors, path)
    with pytest.raises(
        UnusableFile, match=f"The VAE 'dark' does not fit the checkpoint: {reason}.* Choose one for SD 1.x"
    ):
        vae.load(path, "dark", stable_diffusion)


def test_one_with_sixteen_channels_is_refused(
    tiny: StableDiffusion, tensors: dict[str, Tensor], tmp_path: Path
) -> None:
    sixteen = tensors | {"decoder.conv_in.weight": torch.zeros(64, 16, 3, 3)}
    refused(tiny, sixteen, tmp_path / "vae", "it has 16 latent channels, and the checkpoint's has 4")


def test_one_of_other_sizes_is_refused(tiny: StableDiffusion, tensors: dict[str, Tensor], tmp_path: Path) -> None:
    larger = tensors | {"encoder.conv_in.weight": torch.zeros(128, 3, 3, 3)}
    refused(tiny, larger, tmp_path / "vae", r"encoder.conv_in.weight has the shape \[128, 3, 3, 3\]")


def test_one_in_diffusers_layout_is_refused(tiny: StableDiffusion, tensors: dict[str, Tensor], tmp_path: Path) -> None:
    other = tensors | {"encoder.down_blocks.0.resnets.0.conv1.bias": torch.zeros(1)}
    refused(tiny, other, tmp_path / "vae", "it is a VAE in diffusers' layout")


def test_a_file_without_a_vae_is_refused(tiny: StableDiffusion, tmp_path: Path) -> None:
    refused(tiny, {"emb_params": torch.zeros(1)}, tmp_path / "vae", ".* is missing")


def test_a_broken_file_is_refused(tiny: StableDiffusion, tmp_path: Path) -> None:
    path = tmp_path / "vae"
    path.write_bytes(b"broken")
    with pytest.raises(UnusableFile, match=r"The VAE 'dark' is no complete \.safetensors file"):
        vae.load(path, "dark", tiny)


def test_sdxls_scale_is_kept(checkpoints: dict[Base, Path], tensors: dict[str, Tensor], tmp_path: Path) -> None:
    save_file(tensors, tmp_path / "vae")
    assert vae.load(tmp_path / "vae", "dark", loading.load(checkpoints[Base.SDXL])).config.scaling_factor == 0.13025
