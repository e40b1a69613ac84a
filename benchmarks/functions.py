"""A function as it is deployed: the layer and the code, with their byte-code."""

import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from infrastructure import code
from layers import bytecode
from layers.dependencies.build import build


class Function(NamedTuple):
    """The folders that Lambda puts on the path. All functions have the same, and differ in the handler it calls."""

    layer: Path
    code: Path


@contextmanager
def built() -> Iterator[Function]:
    """Built for this machine and this Python."""
    with TemporaryDirectory() as folder:
        function = Function(Path(folder, "layer/python"), Path(folder, "code"))
        build(function.layer.parent, bytecode.OWN, platform.machine())
        code.copy(function.code, bytecode.OWN)
        yield function
