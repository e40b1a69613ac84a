"""Textual inversion: custom words, each a few vectors that were trained to stand for something."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from container import tensors
from container.tensors import UnusableFile
from shared.contents import Base

_BASES = {(768,): Base.SD1, (1024,): Base.SD2, (768, 1280): Base.SDXL}


@dataclass(frozen=True)
class Embedding:
    """The vectors for each text encoder of the checkpoint, (count, width), with the same count for all."""

    vectors: tuple[Tensor, ...]

    def __len__(self) -> int:
        return len(self.vectors[0])


def read(path: Path, name: str, widths: Sequence[int]) -> Embedding:
    """Read the textual inversion called `name` for a checkpoint whose text encoders have these widths.

    It is a `.safetensors` file of `emb_params`, or of `clip_l` and `clip_g`; or a pickled one (`.pt`, `.bin`) as the
    WebUI or diffusers write it, of which nothing but tensors is read. Raises UnusableFile.
    """
    subject = f"The textual inversion {name!r}"
    vectors = tuple(_checked(tensor, subject) for tensor in _tensors(_content(path, subject), subject))
    made_for = tuple(tensor.shape[1] for tensor in vectors)
    if made_for != tuple(widths):
        raise UnusableFile(
            f"{subject} is made for {_base(made_for)}, this checkpoint is {_base(widths)}. "
            "Take its name out of the prompt, or choose a checkpoint that it was made for."
        )
    if len({len(tensor) for tensor in vectors}) > 1:
        raise _strange(subject)
    return Embedding(vectors)


def _content(path: Path, subject: str) -> Mapping[Any, Any]:
    content = tensors.unpickle(path, subject) if tensors.is_pickle(path) else tensors.read(path, subject)
    if not isinstance(content, Mapping):
        raise _strange(subject)
    return content


def _tensors(content: Mapping[Any, Any], subject: str) -> list[Any]:
    match content:
        case {"string_to_param": {"*": tensor}}:
            return [tensor]
        case {"clip_l": first, "clip_g": second}:
            return [first, second]
        case {"emb_params": tensor}:
            return [tensor]
    if len(content) != 1:
        raise _strange(subject)
    return [*content.values()]  # diffusers names it by its word


def _checked(tensor: Any, subject: str) -> Tensor:
    if not (isinstance(tensor, Tensor) and tensor.is_floating_point() and tensor.ndim in (1, 2) and tensor.numel()):
        raise _strange(subject)
    if not tensor.isfinite().all():
        raise UnusableFile(f"{subject} holds values that are not numbers (NaN): it is damaged. Upload it again.")
    return tensor.detach().reshape(-1, tensor.shape[-1]).clone()  # a copy, so that the file's disk space can be freed


def _strange(subject: str) -> UnusableFile:
    return UnusableFile(
        f"{subject} is in no format that is known. What is read: a .safetensors file of `emb_params`, or of `clip_l` "
        "and `clip_g`, and a .pt or .bin file of one word, as the WebUI or diffusers write it."
    )


def _base(widths: Sequence[int]) -> str:
    sizes = " and ".join(map(str, widths))
    return f"{_BASES.get(tuple(widths), 'another model')} ({sizes})"
