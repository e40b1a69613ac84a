"""Files of models, as far as their headers go."""

import json
from collections.abc import Mapping
from math import prod
from typing import Any

Shapes = dict[str, list[int]]

_UNET = "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
CHECKPOINT: Shapes = {_UNET: [4, 768], "first_stage_model.decoder.conv_in.weight": [4, 4]}
_ATTENTION = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"
LORA: Shapes = {f"{_ATTENTION}.lora_down.weight": [4, 768], f"{_ATTENTION}.lora_up.weight": [4, 4]}
CONTROLNET: Shapes = {
    f"control_model.{_UNET[22:]}": [4, 1024],
    "control_model.input_hint_block.0.weight": [4, 3, 3, 3],
} | CHECKPOINT
VAE: Shapes = {"decoder.conv_in.weight": [16, 4, 3, 3]}
INVERSION: Shapes = {"emb_params": [4, 1024]}
PICKLE = b"PK\x03\x04" + b"\0" * 2000


def lora(layer: str, width: int) -> Shapes:
    """One layer of a LoRA, whose input has that width."""
    return {f"{layer}.lora_down.weight": [4, width], f"{layer}.lora_up.weight": [4, 4]}


def safetensors(shapes: Shapes, metadata: Mapping[str, Any] | None = None, dtype: str = "F16") -> bytes:
    """A file of zeros, two bytes per number."""
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    end = 0
    for name, shape in shapes.items():
        start, end = end, end + 2 * prod(shape)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}
    return with_header(json.dumps(header).encode(), end)


def with_header(header: bytes, data_bytes: int = 0) -> bytes:
    return len(header).to_bytes(8, "little") + header + bytes(data_bytes)
