"""The header of a .safetensors file: its length, then JSON, before the tensors (huggingface/safetensors)."""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

LENGTH_BYTES = 8
# An SDXL checkpoint's is some 300 KB; one with all the tags of a training, some MB. As Python objects it takes up to
# twenty times as much, which has to fit into the function's memory.
MOST_BYTES = 16 * 2**20

_PICKLES = (b"PK\x03\x04", b"\x80")  # torch.save's archives, and pickles as such


class Unusable(Exception):
    """The file can't be drawn with; the text says why, and the way out."""


class Tensor(NamedTuple):
    dtype: str
    shape: tuple[int, ...]
    start: int  # of its bytes, counted from the end of the header
    end: int


class Header(NamedTuple):
    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str]


def length(beginning: bytes, size: int) -> int | None:
    """The header's length in bytes, by the file's first bytes and its size. None if it is a pickle. Raises Unusable."""
    said = int.from_bytes(beginning[:LENGTH_BYTES], "little")
    if said <= MOST_BYTES and len(beginning) == LENGTH_BYTES:
        if LENGTH_BYTES + said > size:
            raise _truncated(LENGTH_BYTES + said, size)
        return said
    if beginning.startswith(_PICKLES):
        return None
    if len(beginning) < LENGTH_BYTES or said > size:
        raise Unusable("The file is no .safetensors file: it does not begin as one. Upload the right file.")
    raise Unusable(f"Its header is of {said} bytes, and {MOST_BYTES} are the most. Save it again without its metadata.")


def parse(text: bytes, size: int) -> Header:
    """A file's header, checked against the file's size in bytes. Raises Unusable."""
    try:
        document = json.loads(text)
        metadata = document.pop("__metadata__", None) or {}
        tensors = {name: _tensor(about) for name, about in document.items()}
        header = Header(tensors, {name: value for name, value in metadata.items() if isinstance(value, str)})
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        raise Unusable("The file is no .safetensors file, or its header is damaged. Upload it again.") from None
    if not tensors:
        raise Unusable("The file holds no tensors. Upload the right file.")
    whole = LENGTH_BYTES + len(text) + max(tensor.end for tensor in tensors.values())
    if size < whole:
        raise _truncated(whole, size)
    if size > whole:
        raise Unusable(f"The file is damaged: it has {size} bytes, and by its header {whole}. Upload it again.")
    return header


def _tensor(about: Any) -> Tensor:
    """Raises ValueError, TypeError or LookupError if `about` describes no tensor."""
    start, end = about["data_offsets"]
    tensor = Tensor(about["dtype"], tuple(about["shape"]), start, end)
    numbers = (*tensor.shape, start, end)
    if not re.fullmatch(r"[A-Z0-9_]{2,20}", tensor.dtype) or not all(type(number) is int for number in numbers):
        raise ValueError("no tensor")
    if min(numbers) < 0 or start > end:
        raise ValueError("sizes below nothing")
    return tensor


def _truncated(whole: int, size: int) -> Unusable:
    return Unusable(f"The file is truncated: it has {size} of {whole} bytes. Upload it again.")
