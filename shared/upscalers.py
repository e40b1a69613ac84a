"""What a hires fix enlarges a picture with, by the WebUI's names."""

from typing import Annotated, Literal, get_args

from shared.suggestions import spelt

Upscaler = Literal[
    "Latent",
    "Latent (antialiased)",
    "Latent (bicubic)",
    "Latent (bicubic antialiased)",
    "Latent (nearest)",
    "Latent (nearest-exact)",
    "None",
    "Lanczos",
    "Nearest",
]
UPSCALERS: tuple[Upscaler, ...] = get_args(Upscaler)

SpeltUpscaler = Annotated[Upscaler, spelt("upscaler", UPSCALERS, {}, otherwise="Latent")]
