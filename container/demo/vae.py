"""The demo model's VAE: pictures made 8 times smaller, in four channels, three of them close to the colours."""

from dataclasses import replace
from random import Random

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor
from torch.nn import functional

from container.demo.learning import DEVICE, learn, rank
from container.demo.pictures import TRAINED, Picture, Scene, scattered

_STEPS = 1000
_SCALE = 0.18215
_SIZES = ((64, 3),) * 6 + ((128, 1),) * 3 + ((256, 1),)


def train(vae: AutoencoderKL) -> AutoencoderKL:
    with torch.no_grad():
        vae.quant_conv.bias[4:] = -6  # almost no noise at first
    random = Random(rank())

    def loss(step: int) -> Tensor:
        with torch.autocast(DEVICE.type, torch.bfloat16):
            return _loss(vae, _batch(step, random), step / _STEPS)

    learn("vae", vae.parameters(), loss, _STEPS, rate=2e-3)
    _standardise(vae, [_scene(random).draw(64) for _ in range(256)])
    return vae


@torch.no_grad()
def latents_of(vae: AutoencoderKL, pictures: list[Picture]) -> Tensor:
    """What the UNet sees of each picture: (picture, 4, row, column), with a deviation of about 1."""
    starts = range(0, len(pictures), 16)
    pieces = [vae.encode(to_tensor(pictures[start : start + 16])).latent_dist.mean for start in starts]
    return torch.cat(pieces) * _SCALE


def to_tensor(pictures: list[Picture]) -> Tensor:
    """Pictures of one size as (picture, RGB, row, column) from -1 to 1."""
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).to(DEVICE) / 127.5 - 1


def _scene(random: Random) -> Scene:
    return replace(scattered(random.choice(TRAINED), random), hollow=random.random() < 0.25)


def _batch(step: int, random: Random) -> Tensor:
    """Pieces of pictures first, which is quick; then whole ones of all sizes, since norms see the whole picture."""
    if step < _STEPS * 0.6:
        pictures = [_scene(random).draw(random.choice((64, 128))) for _ in range(8)]
        return to_tensor([_crop(picture, 32, random) for picture in pictures])
    pixels, count = _SIZES[step % len(_SIZES)]
    return to_tensor([_scene(random).draw(pixels) for _ in range(count)])


def _crop(picture: Picture, pixels: int, random: Random) -> Picture:
    top, left = (random.randrange(picture.shape[0] - pixels + 1) for _ in range(2))
    return picture[top : top + pixels, left : left + pixels]


def _loss(vae: AutoencoderKL, pictures: Tensor, progress: float) -> Tensor:
    latents = vae.encode(pictures).latent_dist
    error = vae.decode(latents.sample()).sample.float() - pictures
    colours = functional.avg_pool2d(pictures, 8)
    guide = functional.mse_loss(latents.mean[:, :3].float(), colours) * max(0.05, 1 - 2 * progress)
    spread = 0.5 * (latents.mean**2 + latents.var - 1 - latents.logvar).float().mean()
    loss: Tensor = error.abs().mean() + error.square().mean() + guide + 2e-4 * spread
    return loss


@torch.no_grad()
def _standardise(vae: AutoencoderKL, pictures: list[Picture]) -> None:
    """Change the 1x1 convolutions so that each channel of the UNet's latents has mean 0 and deviation 1."""
    latents = latents_of(vae, pictures)
    mean, factor = latents.mean((0, 2, 3)) / _SCALE, latents.std((0, 2, 3))
    into, out = vae.quant_conv, vae.post_quant_conv
    into.weight[:4] /= factor[:, None, None, None]
    into.bias[:4] = (into.bias[:4] - mean) / factor
    into.bias[4:] -= 2 * factor.log()
    out.bias += out.weight[:, :, 0, 0] @ mean
    out.weight *= factor[:, None, None]
