"""What Lambda unpacks before it starts a function; all functions have the same layer and code."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.functions import Function


def measure(function: Function) -> Iterator[Figure]:
    layer, code = (_megabytes(folder) for folder in function)
    yield Figure("size.mb", layer + code, f"layer {layer:.1f}, code {code:.2f}")


def _megabytes(folder: Path) -> float:
    """The apparent size of its files, in MB."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
