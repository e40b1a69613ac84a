"""Files of tensors, read without running anything that is in them."""

from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from container.failures import Failure

# How torch.save's files begin, today and before torch 1.6. A .safetensors file begins with the length of its header,
# and as a length these would be implausibly large.
_ZIP = b"PK\x03\x04"
_PICKLES = (_ZIP, b"\x80\x02\x8a\n")


class UnusableFile(Failure):
    """A model file that cannot be used."""


def read(path: Path, subject: str) -> dict[str, Tensor]:
    """The named tensors of a `.safetensors` file, or of a pickle, the format of detectors.

    They stay mapped to the file until they are copied or moved. `subject` begins error messages, such as
    "This checkpoint". Raises UnusableFile.
    """
    if is_pickle(path):
        content = unpickle(path, subject)
        named = content if isinstance(content, dict) else {}
        return {name: tensor for name, tensor in named.items() if isinstance(name, str) and isinstance(tensor, Tensor)}
    try:
        return load_file(path)
    except SafetensorError as error:
        raise UnusableFile(f"{subject} is no complete .safetensors file ({error}). Upload it again.") from error


def is_pickle(path: Path) -> bool:
    """Whether a file begins like a pickle. One named `.safetensors` never counts: torch, too, goes by the name."""
    return path.suffix != ".safetensors" and _begins(path, *_PICKLES)


def unpickle(path: Path, subject: str) -> Any:
    """What `torch.save` wrote, if it is just tensors, numbers, strings and collections. Raises UnusableFile."""
    try:
        return torch.load(path, map_location="cpu", weights_only=True, mmap=_begins(path, _ZIP))
    except UnpicklingError as error:
        raise UnusableFile(
            f"{subject} holds more than tensors, and a pickle could run anything when it is read. "
            "Convert it to .safetensors, and upload that."
        ) from error
    except Exception as error:  # a damaged file fails in a dozen ways
        raise UnusableFile(f"{subject} is damaged or not whole. Upload it again.") from error


def _begins(path: Path, *beginnings: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(4) in beginnings
