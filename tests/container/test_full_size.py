"""Stable Diffusion 1.x at its real size, with random weights: 2 GB of disk, 8 GB of memory and some minutes."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage

import numpy as np
import pytest
from safetensors import safe_open

from container.infotext import Named
from container.pipeline import Pipeline
from tests.container.drawing import NOTHING, txt2img


@contextmanager
def measured(what: str, who: int = RUSAGE_SELF) -> Iterator[None]:
    """Print how long the block took, and the peak memory of the process by its end."""
    start = time.monotonic()
    yield
    print(f"{what}: {time.monotonic() - start:.1f} s, peak {getrusage(who).ru_maxrss / 1e6:.1f} GB")


@pytest.mark.slow
def test_a_full_size_checkpoint_is_made_loaded_and_drawn_with(tmp_path: Path) -> None:
    path = tmp_path / "full.safetensors"
    command = [sys.executable, "-m", "container.random_weights", "stable_diffusion_1", str(path)]
    with measured("make", RUSAGE_CHILDREN):
        subprocess.run(command, check=True)
    print(f"file: {path.stat().st_size / 1e9:.2f} GB")
    with safe_open(path, framework="pt") as file:
        assert len(list(file.keys())) == 686 + 248 + 196  # UNet, VAE and text encoder
    with measured("load"):
        pipeline = Pipeline.load(path, Named("full", ""))
    with measured("draw 256x256, 2 steps"):
        ((small,), _) = next(pipeline.draw(txt2img(width=256, height=256), NOTHING, lambda *_: None))
    moments: list[float] = []
    with measured("draw 512x512, 2 steps"):
        order = txt2img(width=512, height=512)
        ((large,), _) = next(pipeline.draw(order, NOTHING, lambda *_: moments.append(time.monotonic())))
    print(f"of which a step: {moments[1] - moments[0]:.1f} s")
    assert (small.image.size, large.image.size) == ((256, 256), (512, 512))
    assert np.asarray(large.image).std() > 10
