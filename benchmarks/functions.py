"""A function as it is deployed: the layer with its byte-code, and the code."""

import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree, ignore_patterns
from tempfile import TemporaryDirectory
from typing import NamedTuple

from layers.dependencies.build import build
from tests.stack import ROOT


class Function(NamedTuple):
    """The folders that Lambda puts on the path. All functions have the same; they differ in the handler it calls."""

    layer: Path
    code: Path


@contextmanager
def built() -> Iterator[Function]:
    """Built for this machine and this Python."""
    with TemporaryDirectory() as folder:
        layer, code = Path(folder, "layer"), Path(folder, "code")
        build(layer, f"{sys.version_info.major}.{sys.version_info.minor}", platform.machine())
        for name in ("lambdas", "shared"):  # without byte-code, as the stack has it
            copytree(ROOT / name, code / name, ignore=ignore_patterns("__pycache__"))
        yield Function(layer / "python", code)
