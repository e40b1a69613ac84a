"""The topologies that can be loaded, each a folder of diffusers configs beside this file."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from container.failures import Failure

TOKEN_EMBEDDING = "cond_stage_model.transformer.text_model.embeddings.token_embedding.weight"
_OTHER_KINDS = {  # how the tensors' names begin in files that are taken for a checkpoint
    "lora_": "a LoRA",
    "control_model.": "a ControlNet",
    "conditioner.embedders.": "a Stable Diffusion XL checkpoint",
    "cond_stage_model.model.": "a Stable Diffusion 2 checkpoint",
}


class UnusableCheckpoint(Failure):
    """A file that cannot be drawn with."""


@dataclass(frozen=True)
class Architecture:
    """The sizes of a model's parts. `name` is its folder's."""

    name: str

    @property
    def folder(self) -> Path:
        return Path(__file__).parent / self.name

    def config(self, part: str) -> dict[str, Any]:
        """The config of the `unet`, the `vae` or the `text_encoder`."""
        config: dict[str, Any] = json.loads((self.folder / part / "config.json").read_text())
        return config

    @property
    def vocabulary_size(self) -> int:
        size: int = self.config("text_encoder")["vocab_size"]
        return size

    def landmarks(self) -> dict[str, list[int]]:
        """One tensor of each part with the shape that tells this architecture from its kin."""
        text, unet, vae = self.config("text_encoder"), self.config("unet"), self.config("vae")
        return {
            TOKEN_EMBEDDING: [text["vocab_size"], text["hidden_size"]],
            # an inpainting checkpoint has nine channels here
            "model.diffusion_model.input_blocks.0.0.weight": [unet["block_out_channels"][0], unet["in_channels"], 3, 3],
            "first_stage_model.decoder.conv_out.weight": [3, vae["block_out_channels"][0], 3, 3],
        }


ARCHITECTURES = (Architecture("stable_diffusion_1"), Architecture("tiny"))


def find(checkpoint: Path) -> Architecture:
    """The architecture of an LDM-layout `.safetensors` file, by its header alone.

    Raises UnusableCheckpoint for a file that is damaged, of another format or of another kind of model.
    """
    shapes = _shapes(checkpoint)
    for architecture in ARCHITECTURES:
        if architecture.landmarks().items() <= shapes.items():
            return architecture
    raise UnusableCheckpoint(
        f"This file is {_kind(shapes)}. Choose a Stable Diffusion 1.x text-to-image checkpoint with its VAE inside, "
        "as one .safetensors file."
    )


def _shapes(checkpoint: Path) -> dict[str, list[int]]:
    try:
        with safe_open(checkpoint, framework="pt") as file:
            names = file.keys()
            return {name: file.get_slice(name).get_shape() for name in names}
    except SafetensorError as error:
        raise UnusableCheckpoint(
            f"This file is no complete .safetensors file ({error}). Upload it again; a .ckpt has to be converted first."
        ) from error


def _kind(shapes: dict[str, list[int]]) -> str:
    for beginning, kind in _OTHER_KINDS.items():
        if any(name.startswith(beginning) for name in shapes):
            return kind
    return "no Stable Diffusion 1.x checkpoint that can be loaded"
