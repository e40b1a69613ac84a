"""Between pictures and latents: the VAE, and a quick look without it."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import torch
from diffusers import AutoencoderKL
from PIL import Image
from torch import Tensor

from container.failures import Failure

PIXELS = 8  # that one latent covers, across and down
PREVIEW_SIDE = 256


class NotNumbers(Failure):
    """What was drawn has values that are not numbers."""

    def __init__(self) -> None:
        super().__init__(
            "The checkpoint drew values that are not numbers (NaN): it is damaged, or overflows in half precision. "
            "Upload it again, or choose another one, or another VAE."
        )


class Latents:
    """To and from the latents of one VAE: (picture, 4, height / 8, width / 8) in float32."""

    def __init__(self, vae: AutoencoderKL) -> None:
        self.vae = vae

    @torch.inference_mode()
    def encode(self, images: Sequence[Image.Image]) -> Tensor:
        """The latents of RGB pictures of one size, whose sides are multiples of 8; one at a time."""
        return torch.cat([self._latent(image) for image in images])

    @torch.inference_mode()
    def decode(self, latents: Tensor) -> list[Image.Image]:
        """The pictures, one at a time: decoding takes more memory than drawing. Raises NotNumbers."""
        return [self._picture(each) for each in torch.split(latents, 1)]

    def _latent(self, image: Image.Image) -> Tensor:
        pixels = torch.from_numpy(np.array(image, dtype=np.float32)).permute(2, 0, 1)[None] / 127.5 - 1
        encoded = self.vae.encode(pixels.to(self.vae.device, self.vae.dtype)).latent_dist
        latent: Tensor = (encoded.mode().float() - self._shift) * self._scale
        return latent

    def _picture(self, latent: Tensor) -> Image.Image:
        drawn = self._decoded(latent)
        if drawn.isnan().any() and self.vae.dtype is torch.float16 and not latent.isnan().any():
            self.vae.float()  # as the WebUI does: some VAEs overflow in half precision
            drawn = self._decoded(latent)
        if drawn.isnan().any():
            raise NotNumbers
        levels = (drawn[0].permute(1, 2, 0) * 127.5 + 127.5).clamp(0, 255)
        return Image.fromarray(levels.to(torch.uint8).cpu().numpy())  # truncated, not rounded, as in the WebUI

    def _decoded(self, latent: Tensor) -> Tensor:
        scaled = latent / self._scale + self._shift
        decoded: Tensor = self.vae.decode(scaled.to(self.vae.dtype), return_dict=False)[0]
        return decoded.float()

    @property
    def _scale(self) -> float:
        return float(self.vae.config.scaling_factor)

    @property
    def _shift(self) -> float:
        return float(self.vae.config.get("shift_factor") or 0)

    def preview(self, latents: Tensor) -> Image.Image:
        """What the first picture looks like so far: one colour per latent, enlarged."""
        colours = (
            torch.cat([latents[0].float().cpu().flatten(1), torch.ones(1, latents[0, 0].numel())]).T @ self._colours
        )
        levels = (colours * 127.5 + 127.5).clamp(0, 255).to(torch.uint8)
        image = Image.fromarray(levels.reshape(*latents.shape[2:], 3).numpy())
        enlarged = PREVIEW_SIDE / max(image.size)
        return image.resize((round(image.width * enlarged), round(image.height * enlarged)))

    @cached_property
    def _colours(self) -> Tensor:
        """(latent channels and a constant, RGB): the linear map closest to the VAE's colours for uniform latents."""
        random = torch.Generator().manual_seed(0)
        flat = torch.randn(32, self.vae.config.latent_channels, generator=random)
        even = flat[:, :, None, None].expand(-1, -1, 4, 4).to(self.vae.device)
        decoded = torch.cat([self._decoded(each)[:, :, 8:24, 8:24].mean((2, 3)) for each in torch.split(even, 8)])
        fitted: Tensor = torch.linalg.lstsq(torch.cat([flat, torch.ones(32, 1)], 1), decoded.cpu()).solution
        return fitted
