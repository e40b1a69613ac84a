"""Whether a file can be the model that it was uploaded as: by its header alone, never the whole file."""

from collections import Counter
from collections.abc import Callable

from lambdas.models import headers, kinds, metadata
from lambdas.models.headers import LENGTH_BYTES, Header, Unusable
from shared.contents import Contents
from shared.shapes import ModelType

Read = Callable[[int, int], bytes]  # from where, and how many bytes; fewer at the file's end

# Enough for the header of an SDXL checkpoint, which then takes one read.
FIRST_BYTES = 512 * 2**10

# The tools that make these write pickles; the container reads them safely.
PICKLED = (ModelType.TEXTUAL_INVERSION, ModelType.HYPERNETWORK, ModelType.DETECTOR)


def check(type: ModelType, file: str, size: int, sha256: str | None, read: Read) -> Contents:
    """What a file of that type, name and size holds. Raises Unusable."""
    beginning = read(0, FIRST_BYTES) if size else b""
    length = headers.length(beginning[:LENGTH_BYTES], size)
    if length is None:
        return _pickled(type, file, sha256)
    text = beginning[LENGTH_BYTES : LENGTH_BYTES + length]
    if left := length - len(text):
        text += read(FIRST_BYTES, left)
    header = headers.parse(text, size)
    shapes = {name: tensor.shape for name, tensor in header.tensors.items()}
    kinds.require(type, shapes)
    return Contents(
        base=kinds.base(type, shapes) or (metadata.base(header.metadata) if type is ModelType.LORA else None),
        tensors=len(header.tensors),
        dtype=_dtype(header),
        short_hash=metadata.short_hash(header.metadata) if type is ModelType.LORA else _short(sha256),
        metadata=metadata.read(header.metadata),
    )


def _pickled(type: ModelType, file: str, sha256: str | None) -> Contents:
    if file.lower().endswith(".safetensors"):
        raise Unusable("The file is a pickle that is called .safetensors. Convert it, and upload that.")
    if type not in PICKLED:
        raise Unusable("The file is a pickle, which could run anything when it is read. Convert it to .safetensors.")
    return Contents(short_hash=_short(sha256))


def _dtype(header: Header) -> str:
    """The data type that takes the most bytes."""
    sizes: Counter[str] = Counter()
    for tensor in header.tensors.values():
        sizes[tensor.dtype] += tensor.end - tensor.start
    return sizes.most_common(1)[0][0]


def _short(sha256: str | None) -> str | None:
    return sha256[:10] if sha256 else None
