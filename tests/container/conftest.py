"""A container's AWS, played in memory, and a small pipeline of real parts."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
import torch
from aws_cdk.assertions import Template
from hypothesis import HealthCheck, settings
from moto import mock_aws

from container import architectures, progress, random_weights
from container.infotext import Named
from container.pipeline import Pipeline
from shared.bucket import Bucket
from shared.contents import Base
from shared.tables.jobs import Jobs
from tests.container.architectures import TINY_2, TINY_XL
from tests.container.aws import Aws
from tests.container.clock import Clock
from tests.container.library import Library, scene
from tests.tables import as_declared

# The same examples in every run, however busy the machine is.
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """On a busy machine, spinning threads slow a small model down a hundredfold."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def _tiny_architectures() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(architectures, "ARCHITECTURES", (*architectures.ARCHITECTURES, TINY_2, TINY_XL))
        yield


@pytest.fixture(scope="session")
def checkpoints(checkpoint: Path) -> dict[Base, Path]:
    """For each base, a tiny checkpoint of random weights."""
    paths = {Base.SD1: checkpoint}
    for architecture in (TINY_2, TINY_XL):
        paths[architecture.base] = checkpoint.with_stem(architecture.name)
        random_weights.write(architecture, paths[architecture.base])
    return paths


@pytest.fixture(scope="session")
def pipeline(checkpoint: Path) -> Pipeline:
    return Pipeline.load(checkpoint, Named("tiny", "0123456789abcdef"))


@pytest.fixture
def aws(template: Template, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        dynamodb, s3 = boto3.client("dynamodb"), boto3.client("s3")
        dynamodb.create_table(TableName="jobs", **as_declared(template, "jobs"))
        s3.create_bucket(Bucket="bucket")
        yield Aws(Jobs(dynamodb, "jobs"), Bucket(s3, "bucket"), s3)


@pytest.fixture(scope="module")
def library(checkpoints: dict[Base, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("library")
    with mock_aws():
        library = Library(folder / "disk")
        library.fill(checkpoints, folder)
        yield library


@pytest.fixture
def sketch(library: Library) -> str:
    """A picture among every order's inputs."""
    return library.picture("sketch.png", scene())


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that drawing reads."""
    clock = Clock()
    monkeypatch.setattr(progress, "monotonic", lambda: clock.now)
    return clock
