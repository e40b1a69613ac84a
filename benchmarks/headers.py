"""The beginnings of .safetensors files that are too large to be made from tensors."""

import json
from math import prod
from typing import Any, NamedTuple

from tests.model_files import Shapes, with_header


class Beginning(NamedTuple):
    content: bytes
    left: int  # bytes of tensors that follow

    @property
    def size(self) -> int:
        """The whole file's size in bytes."""
        return len(self.content) + self.left


def beginning(shapes: Shapes) -> Beginning:
    """The beginning of a file in half precision."""
    header: dict[str, Any] = {}
    end = 0
    for name, shape in shapes.items():
        start, end = end, end + 2 * prod(shape)
        header[name] = {"dtype": "F16", "shape": shape, "data_offsets": [start, end]}
    return Beginning(with_header(json.dumps(header).encode()), end)
