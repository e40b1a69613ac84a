"""The beginnings of .safetensors files that are too large to be made of tensors."""

import json
from math import prod
from typing import Any, NamedTuple

from tests.model_files import Shapes, with_header


class Beginning(NamedTuple):
    content: bytes
    left: int  # bytes that follow, the tensors'

    @property
    def size(self) -> int:
        """The whole file's."""
        return len(self.content) + self.left


def beginning(shapes: Shapes) -> Beginning:
    """Of a file in half precision."""
    header: dict[str, Any] = {}
    end = 0
    for name, shape in shapes.items():
        start, end = end, end + 2 * prod(shape)
        header[name] = {"dtype": "F16", "shape": shape, "data_offsets": [start, end]}
    return Beginning(with_header(json.dumps(header).encode()), end)
