"""A full-size checkpoint: loading it from disk, against merely reading its file, and drawing with it once.

python -m benchmarks.endpoint.full_size FILE
"""

import os
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

import torch

from benchmarks import pairs
from benchmarks.figures import Figure
from container import loading
from container.infotext import Named
from container.pipeline import Materials, Pipeline
from shared.parameters import Txt2ImgParameters

PARAMETERS = Txt2ImgParameters(prompt="a lighthouse at night", steps=1, width=256, height=256, seed=1)
PAIRS = 3
CHUNK = 2**24


def measure(file: Path) -> Iterator[Figure]:
    torch.set_num_threads(1)
    weights = _draw(file)
    yield Figure("container.peak_mb", getrusage(RUSAGE_SELF).ru_maxrss * 1024 / 1e6, f"weights {weights / 1e6:.0f}")
    compared = pairs.compare(partial(_load, file), partial(_read, file), PAIRS)
    note = f"{file.stat().st_size / 1e9:.2f} GB loaded in {compared.ours:.1f} s, read in {compared.theirs:.1f} s"
    yield Figure("switch.disk_ratio", compared.ratio, note)


def _draw(file: Path) -> int:
    """Returns the bytes of the weights."""
    pipeline = Pipeline.load(file, Named("full", ""))
    for _ in pipeline.draw(PARAMETERS, Materials(), lambda *_: None):
        pass
    return pipeline.model.size_in_memory


def _load(file: Path, _pair: int) -> float:
    _forget(file)
    start = time.monotonic()
    loading.load(file)
    return time.monotonic() - start


def _read(file: Path, _pair: int) -> float:
    _forget(file)
    buffer, start = bytearray(CHUNK), time.monotonic()
    with file.open("rb", buffering=0) as content:
        while content.readinto(buffer):
            pass
    return time.monotonic() - start


def _forget(file: Path) -> None:
    """Drop what the system has cached of it, so that the disk is read."""
    with file.open("rb") as content:
        os.fsync(content.fileno())  # what is not written yet would stay cached
        os.posix_fadvise(content.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


if __name__ == "__main__":
    for figure in measure(Path(sys.argv[1])):
        print(figure.line(), flush=True)
