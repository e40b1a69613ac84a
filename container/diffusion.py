"""What a checkpoint was trained for: how noisy each timestep is, and what the UNet predicts."""

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor
from torch.nn.functional import cosine_similarity

TIMESTEPS = 1000
_BETAS = (0.00085, 0.012)  # of Stable Diffusion 1.x, 2.x and SDXL alike
_NEARLY_ZERO = 4.8973451890853435e-08  # the WebUI's for the last one, whose sigma stays finite: 4519
_A_COPY = 0.5


def alphas_cumprod(zero_terminal_snr: bool = False) -> Tensor:
    """The picture's share of the variance at each of 1000 timesteps, falling from almost 1, in float32.

    With zero terminal SNR, nothing of the picture is left at the last one: the square roots are shifted and
    scaled, keeping the first, as in "Common Diffusion Noise Schedules and Sample Steps are Flawed"
    (Lin et al. 2023, algorithm 1).
    """
    first, last = _BETAS
    betas = torch.linspace(first**0.5, last**0.5, TIMESTEPS, dtype=torch.float64) ** 2
    alphas = (1 - betas).cumprod(0)
    if zero_terminal_snr:
        roots = alphas.sqrt()
        alphas = ((roots - roots[-1]) * roots[0] / (roots[0] - roots[-1])) ** 2
        alphas[-1] = _NEARLY_ZERO
    return alphas.float()


@torch.inference_mode()
def predicts_v(unet: UNet2DConditionModel, context: Tensor) -> bool:
    """Whether a UNet predicts v, by its answer to pure noise at the last timestep; `context` is (1, tokens, size).

    One that predicts noise returns what it got. v, there, is almost the negative of the picture, about which noise
    says nothing. So the cosine between answer and noise is near 1 for noise prediction and near 0 for v.
    """
    noise = torch.randn((1, 4, 16, 16), generator=torch.Generator().manual_seed(0))
    answer = unet(noise.to(context.device, context.dtype), TIMESTEPS - 1, context).sample
    return cosine_similarity(answer.float().cpu().flatten(), noise.flatten(), dim=0).item() < _A_COPY
