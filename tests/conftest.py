"""What tests of several kinds need."""

from pathlib import Path

import pytest
from aws_cdk.assertions import Template

from tests.stack import synthesize

EVENTS = Path(__file__).parent / "events"


@pytest.fixture(scope="session")
def template() -> Template:
    return synthesize()


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Stable Diffusion of random weights: everything real but its size."""
    from container import random_weights  # here, since the quick tests do without torch
    from container.architectures import Architecture

    path = tmp_path_factory.mktemp("checkpoint") / "tiny.safetensors"
    random_weights.write(Architecture("tiny"), path)
    return path
