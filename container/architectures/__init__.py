"""The topologies that can be loaded, each a folder of configs beside this file."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from container import tensors
from container.tensors import UnusableFile
from shared.contents import Base
from shared.kinds import CHOOSE_A_CHECKPOINT, FIRST_LAYER, NO_CHECKPOINT, no_checkpoint

# Checkpoints of 2022 and their merges lack one level of the name.
_OLD_TEXT_MODEL = re.compile(r"^(cond_stage_model\.transformer\.)(embeddings|encoder|final_layer_norm)")


class UnusableCheckpoint(UnusableFile):
    """A file that cannot be used as a checkpoint."""


@dataclass(frozen=True)
class TextEncoder:
    """`part` is its config's folder, `prefix` that of its tensors in the file; OpenCLIP has its own names."""

    part: str
    prefix: str
    open_clip: bool

    @property
    def token_embedding(self) -> str:
        return self.prefix + ("" if self.open_clip else "embeddings.") + "token_embedding.weight"


_TEXT_ENCODERS = {
    Base.SD1: [TextEncoder("text_encoder", "cond_stage_model.transformer.text_model.", open_clip=False)],
    Base.SD2: [TextEncoder("text_encoder", "cond_stage_model.model.", open_clip=True)],
    Base.SDXL: [
        TextEncoder("text_encoder", "conditioner.embedders.0.transformer.text_model.", open_clip=False),
        TextEncoder("text_encoder_2", "conditioner.embedders.1.model.", open_clip=True),
    ],
}


@dataclass(frozen=True)
class Architecture:
    """The sizes of a model's parts. `name` is its folder's."""

    name: str
    parent: Path = Path(__file__).parent

    @property
    def folder(self) -> Path:
        return self.parent / self.name

    @property
    def base(self) -> Base:
        return Base(json.loads((self.folder / "architecture.json").read_text())["base"])

    @property
    def text_encoders(self) -> list[TextEncoder]:
        return _TEXT_ENCODERS[self.base]

    def config(self, part: str) -> dict[str, Any]:
        """The config of the `unet`, the `vae`, the `text_encoder` or SDXL's `text_encoder_2`."""
        config: dict[str, Any] = json.loads((self.folder / part / "config.json").read_text())
        return config

    @property
    def vocabulary_size(self) -> int:
        size: int = self.config("text_encoder")["vocab_size"]
        return size

    def landmarks(self) -> dict[str, list[int]]:
        """One tensor of each part, by name, with the shape that tells this architecture from the others."""
        unet, vae = self.config("unet"), self.config("vae")
        texts = {each.token_embedding: self.config(each.part) for each in self.text_encoders}
        return {
            **{name: [text["vocab_size"], text["hidden_size"]] for name, text in texts.items()},
            FIRST_LAYER: [unet["block_out_channels"][0], unet["in_channels"], 3, 3],
            "first_stage_model.decoder.conv_out.weight": [3, vae["block_out_channels"][0], 3, 3],
        }


ARCHITECTURES = (
    Architecture("stable_diffusion_1"),
    Architecture("stable_diffusion_2"),
    Architecture("stable_diffusion_xl"),
    Architecture("tiny"),
)


def find(checkpoint: Path) -> Architecture:
    """The architecture of a file, by its header alone. Raises UnusableFile."""
    return recognise(read(checkpoint))


def read(checkpoint: Path) -> dict[str, Tensor]:
    """A checkpoint's tensors, still in the file. Raises UnusableFile."""
    named = tensors.read(checkpoint, "This checkpoint")
    return {_OLD_TEXT_MODEL.sub(r"\1text_model.\2", name): tensor for name, tensor in named.items()}


def recognise(named: Mapping[str, Tensor]) -> Architecture:
    """The architecture of a checkpoint's tensors, by names and shapes. Raises UnusableCheckpoint."""
    shapes = {name: list(tensor.shape) for name, tensor in named.items()}
    kind = no_checkpoint(shapes)
    for architecture in ARCHITECTURES:
        if kind is None and architecture.landmarks().items() <= shapes.items():
            return architecture
    raise UnusableCheckpoint(f"This file is {kind or NO_CHECKPOINT}. {CHOOSE_A_CHECKPOINT}")
