"""A tiny Stable Diffusion of random weights: everything real but its size."""

from pathlib import Path

import pytest
import torch

from container import random_weights
from container.architectures import Architecture
from container.pipeline import Pipeline


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Spinning threads on a busy machine slow a small model down a hundredfold."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("checkpoints") / "tiny.safetensors"
    random_weights.write(Architecture("tiny"), path)
    return path


@pytest.fixture(scope="session")
def pipeline(checkpoint: Path) -> Pipeline:
    return Pipeline.load(checkpoint, name="tiny", sha256="0123456789abcdef")
