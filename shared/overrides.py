"""What an order brings along besides its parameters: settings of the WebUI's, and scripts."""

from typing import Literal, get_args

from pydantic import AliasChoices, ConfigDict, Field

from shared.controlnet import ControlNet
from shared.nulls import NullIsDefault

RandomSource = Literal["GPU", "NV", "CPU"]
ImageFormat = Literal["png", "jpg", "jpeg", "webp"]
IMAGE_FORMATS: tuple[ImageFormat, ...] = get_args(ImageFormat)


class Scripts(NullIsDefault):
    """ControlNet; other scripts are taken, and warned of where they are switched on."""

    model_config = ConfigDict(extra="allow", frozen=True)

    controlnet: ControlNet = Field(ControlNet(), validation_alias=AliasChoices("controlnet", "ControlNet"))


class OverrideSettings(NullIsDefault):
    """The WebUI's settings that shape a picture or its file; others are taken, and warned of."""

    model_config = ConfigDict(extra="allow", frozen=True, populate_by_name=True, serialize_by_alias=True)

    clip_skip: int = Field(
        1,
        ge=1,
        le=12,
        alias="CLIP_stop_at_last_layers",
        description="2 leaves out the text encoder's last layer, and so on.",
    )
    sd_vae: str | None = Field(None, max_length=200, description="A VAE, as GET /models names it.")
    eta_noise_seed_delta: int = Field(0, ge=0, lt=2**32)
    randn_source: RandomSource = Field(
        "GPU", description="Whose numbers a seed's noise is of: an NVIDIA card's (GPU, NV) or torch's on a CPU."
    )
    return_grid: bool = Field(False, description="All pictures once more, side by side, among `extra_images`.")
    samples_format: ImageFormat = "png"
    jpeg_quality: int = Field(80, ge=1, le=100, description="Of WebP, too.")
