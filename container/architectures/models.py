"""An architecture's parts without weights: on torch's meta device, where they take no memory."""

from collections.abc import Mapping
from typing import Any

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from container.architectures import Architecture, TextEncoder

_TEXT_MODELS = {"CLIPTextModel": CLIPTextModel, "CLIPTextModelWithProjection": CLIPTextModelWithProjection}


def unet(architecture: Architecture) -> UNet2DConditionModel:
    with torch.device("meta"):
        return UNet2DConditionModel.from_config(architecture.config("unet"))


def vae(config: Mapping[str, Any]) -> AutoencoderKL:
    with torch.device("meta"):
        return AutoencoderKL.from_config(config)


def text_encoder(architecture: Architecture, encoder: TextEncoder) -> CLIPTextModel | CLIPTextModelWithProjection:
    config = architecture.config(encoder.part)
    with torch.device("meta"):
        return _TEXT_MODELS[config["architectures"][0]](CLIPTextConfig(**config))
