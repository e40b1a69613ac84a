"""Byte-code: without it a function compiles its imports anew at every start, since Lambda's folders are read-only."""

import compileall
import sys
from pathlib import Path
from py_compile import PycInvalidationMode

OWN = f"{sys.version_info.major}.{sys.version_info.minor}"


def add(folder: Path, python: str) -> None:
    """Put it beside each module if `python`, a minor version ("3.13"), is this one: byte-code suits no other."""
    if python == OWN:
        compileall.compile_dir(folder, quiet=1, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
