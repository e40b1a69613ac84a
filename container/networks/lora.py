"""LoRAs: added to the weights for one order, after which the weights are restored."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from torch import Tensor, nn

from container import tensors
from container.architectures.names import unet_name
from container.loading import StableDiffusion
from container.networks import lora_files
from container.networks.lora_files import Update
from container.tensors import UnusableFile
from shared.contents import Base

Layer = nn.Linear | nn.Conv2d


class Lora(NamedTuple):
    """A LoRA in memory; `made_for` is the base that its file reveals, `hash` what the WebUI identifies it by."""

    name: str
    updates: Mapping[str, Update]
    made_for: str | None
    hash: str


class Applied(NamedTuple):
    """A LoRA with its weights, as a prompt names it."""

    lora: Lora
    unet_weight: float
    text_weight: float


def read(file: Path, name: str) -> Lora:
    """Raises UnusableFile."""
    subject = _subject(name)
    # copies: a file that stays mapped keeps its disk space even when it is removed
    named = {key: tensor.clone() for key, tensor in tensors.read(file, subject).items()}
    return Lora(name, lora_files.updates(named, subject), lora_files.made_for(named), _hash(file))


class Loras:
    """The LoRAs applied to one checkpoint. One thread at a time may use it."""

    def __init__(self, stable_diffusion: StableDiffusion) -> None:
        self._base = stable_diffusion.base
        self._layers = dict(_layers(stable_diffusion))

    @contextmanager
    def applied(self, loras: Sequence[Applied]) -> Iterator[None]:
        """Draw with these; all are checked to fit before any weight changes. One named twice is added twice.

        The weights are restored bit for bit. Raises UnusableFile.
        """
        originals: list[tuple[Tensor, Tensor]] = []
        try:
            for weight, updates in self._updates(loras).items():
                originals.append((weight, weight.clone()))
                # summed in single precision, and rounded once
                weight += sum(strength * update.difference(weight) for update, strength in updates)
            yield
        finally:
            for weight, original in originals:
                weight.copy_(original)

    def _updates(self, loras: Sequence[Applied]) -> dict[Tensor, list[tuple[Update, float]]]:
        found = defaultdict(list)
        for lora, unet_weight, text_weight in loras:
            for name, update in lora.updates.items():
                weight = self._fitting(lora, name, update)
                if strength := unet_weight if name.startswith("lora_unet_") else text_weight:
                    found[weight].append((update, strength))
        return found

    def _fitting(self, lora: Lora, name: str, update: Update) -> Tensor:
        """The weight that the update changes."""
        if name in self._layers and update.fits(self._layers[name].weight):
            return self._layers[name].weight
        if lora.made_for not in (None, self._base):
            raise UnusableFile(
                f"{_subject(lora.name)} was made for {lora.made_for}, and the checkpoint is {self._base}. "
                "Choose another LoRA or another checkpoint."
            )
        raise UnusableFile(
            f"{_subject(lora.name)} does not fit the checkpoint: it changes {name}. Choose another LoRA."
        )


def _hash(path: Path) -> str:
    """Of a .safetensors file's tensors alone, without the header, which users may have edited; else of all of it."""
    with path.open("rb") as file:
        if path.suffix == ".safetensors":
            file.seek(8 + int.from_bytes(file.read(8), "little"))
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]


def _subject(name: str) -> str:
    return f"The LoRA {name!r}"


def _layers(stable_diffusion: StableDiffusion) -> Iterator[tuple[str, Layer]]:
    """Every layer that a LoRA can change, under every name that files use for it: kohya's, with diffusers' paths or
    the original's."""
    xl = stable_diffusion.base is Base.SDXL
    for path, layer in _matrices(stable_diffusion.unet):
        yield _name("lora_unet", path), layer
        original = unet_name(f"{path}.weight", xl).removeprefix("model.diffusion_model.").removesuffix(".weight")
        yield _name("lora_unet", original), layer
    prefixes = ("lora_te1", "lora_te2") if xl else ("lora_te",)
    for prefix, text_encoder in zip(prefixes, stable_diffusion.text_encoders, strict=True):
        for path, layer in _matrices(text_encoder):
            inner = path.removeprefix("text_model.")
            yield _name(prefix, path if path == "text_projection" else f"text_model.{inner}"), layer


def _matrices(part: nn.Module) -> Iterator[tuple[str, Layer]]:
    return ((path, layer) for path, layer in part.named_modules() if isinstance(layer, Layer))


def _name(prefix: str, path: str) -> str:
    return f"{prefix}_{path.replace('.', '_')}"
