"""How much of a new file its check reads, if it is an SDXL checkpoint."""

from collections.abc import Iterator

import pytest
import torch
from aws_cdk.assertions import Template

from benchmarks import headers, virtual
from benchmarks.aws import played
from benchmarks.figures import Figure
from container import random_weights
from container.architectures import Architecture
from shared.contents import Base
from tests.model_files import Shapes
from tests.unit import bucket
from tests.unit.api import Api


def measure(template: Template) -> Iterator[Figure]:
    """Through the function that S3's event calls, over an S3 that counts the bytes."""
    beginning = headers.beginning(_shapes(Architecture("stable_diffusion_xl")))
    with played(template), virtual.serving(beginning) as file, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_S3", file.url)
        bucket.tell("models/checkpoint/full.safetensors")
        model = Api().get("/models/checkpoint/full").body
    if (model["state"], model["base"]) == ("active", Base.SDXL):
        yield Figure("check.mb", file.sent / 1e6, f"{model['tensors']} tensors, {model['size'] / 1e9:.2f} GB")
    else:
        yield Figure("check.mb", None, f"it became {model['state']}, {model['base']}: {model['reason']}")


def _shapes(architecture: Architecture) -> Shapes:
    """The shapes of its tensors, by their names."""
    with torch.device("meta"):  # where tensors have no data
        return {name: [*tensor.shape] for name, tensor in random_weights.weights(architecture)}
