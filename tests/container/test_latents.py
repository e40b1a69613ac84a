from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate

from container import loading
from container.latents import Latents, NotNumbers
from shared.contents import Base


@pytest.fixture
def vae(checkpoint: Path) -> AutoencoderKL:
    return loading.load(checkpoint).vae


def noise(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def image(seed: int = 0, width: int = 64, height: int = 64) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8))


@pytest.mark.parametrize("base", Base)
def test_pictures_go_through_the_vae_in_its_own_scale(checkpoints: dict[Base, Path], base: Base) -> None:
    vae = loading.load(checkpoints[base]).vae
    pixels = torch.from_numpy(np.asarray(image(), np.float32)).permute(2, 0, 1)[None] / 127.5 - 1
    with torch.inference_mode():
        encoded = vae.encode(pixels).latent_dist.mode() * vae.config.scaling_factor
        decoded = vae.decode(noise(1, 4, 8, 8) / vae.config.scaling_factor).sample[0].permute(1, 2, 0)
    latents = Latents(vae)
    torch.testing.assert_close(latents.encode([image()]), encoded)
    (picture,) = latents.decode(noise(1, 4, 8, 8))
    cut_off = (decoded.numpy() * 127.5 + 127.5).clip(0, 255) - np.asarray(picture)
    assert cut_off.min() > -1e-3  # nothing is rounded up, as in the WebUI
    assert cut_off.max() < 1.001


def test_several_pictures_are_those_alone(vae: AutoencoderKL) -> None:
    latents = Latents(vae)
    both = latents.encode([image(1, 96, 64), image(2, 96, 64)])
    assert both.shape == (2, 4, 8, 12)
    assert torch.equal(both[1:], latents.encode([image(2, 96, 64)]))
    first, second = latents.decode(both)
    assert first.size == second.size == (96, 64)
    assert second.tobytes() == latents.decode(both[1:])[0].tobytes()


def test_a_vae_that_overflows_in_half_precision_is_drawn_with_in_single(vae: AutoencoderKL) -> None:
    vae.decoder.conv_in.weight *= 1e5
    whole = Latents(vae).decode(noise(1, 4, 8, 8))[0]
    half = Latents(vae.half())
    picture = half.decode(noise(1, 4, 8, 8))[0]
    assert half.vae.dtype is torch.float32
    assert abs(np.asarray(picture, int) - np.asarray(whole, int)).mean() < 2


@pytest.mark.parametrize("half", [True, False])
def test_latents_that_are_not_numbers_are_no_picture(vae: AutoencoderKL, half: bool) -> None:
    latents = Latents(vae.half() if half else vae)
    with pytest.raises(
        NotNumbers, match=r"not numbers \(NaN\).* Upload it again, or choose another one, or another VAE"
    ):
        latents.decode(torch.full((1, 4, 8, 8), torch.nan))


@pytest.mark.parametrize(
    ("size", "preview"), [((8, 8), (256, 256)), ((16, 8), (256, 128)), ((128, 256), (128, 256)), ((512, 64), (256, 32))]
)
def test_a_preview_has_the_ratio_of_the_picture_within_256_pixels(
    vae: AutoencoderKL, size: tuple[int, int], preview: tuple[int, int]
) -> None:
    width, height = size
    assert Latents(vae).preview(noise(1, 4, height, width)).size == preview


def test_a_preview_has_the_colours_of_the_picture(vae: AutoencoderKL, monkeypatch: pytest.MonkeyPatch) -> None:
    """All but exactly if each latent is simply a colour, which a VAE comes near."""
    colours, grey = noise(3, 4) / 4, torch.tensor([0.1, 0.0, -0.1])[:, None, None]

    def decode(latents: Tensor, return_dict: bool) -> tuple[Tensor]:
        return (interpolate(torch.einsum("rc,nchw->nrhw", colours, latents) + grey, scale_factor=8),)

    monkeypatch.setattr(vae, "decode", decode)
    latents, drawn = Latents(vae), noise(1, 4, 8, 8) * vae.config.scaling_factor
    (picture,) = latents.decode(drawn)
    shown = latents.preview(drawn).resize((8, 8), Image.Resampling.NEAREST)
    assert abs(np.asarray(shown, int) - np.asarray(picture, int)[::8, ::8]).max() <= 5


def test_a_preview_is_of_the_first_picture(vae: AutoencoderKL) -> None:
    latents, drawn = Latents(vae), noise(2, 4, 8, 8)
    assert latents.preview(drawn).tobytes() == latents.preview(drawn[:1]).tobytes()
    assert latents.preview(drawn).tobytes() != latents.preview(drawn[1:]).tobytes()
