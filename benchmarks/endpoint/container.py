"""A container with loaded checkpoints, and orders for it. One thread draws, so processor seconds are meaningful."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import boto3
import torch
from uuid6 import uuid7

from container.files import Files, share_of_disk
from container.gathering import gather
from container.memory import Memory, budget
from container.models import Models
from container.pipeline import Pipeline
from container.runs import Runs
from shared.bucket import Bucket
from shared.parameters import Txt2ImgParameters
from shared.shapes import Model, ModelType, Order, now
from shared.tables.jobs import Jobs

BUCKET = "bucket"


class Container(NamedTuple):
    """Its checkpoints have the same weights under several names."""

    jobs: Jobs
    bucket: Bucket
    models: Models
    runs: Runs
    checkpoints: Sequence[Model]

    def loaded(self, checkpoint: int = 0) -> Pipeline:
        """The checkpoint at that place."""
        return self.models.pipeline(self.checkpoints[checkpoint], lambda: None)

    def order(self, parameters: Txt2ImgParameters, checkpoint: int = 0) -> Order:
        return Order(owner="alice", id=str(uuid7()), checkpoint=self.checkpoints[checkpoint], parameters=parameters)


@contextmanager
def started(weights: Path, names: Sequence[str]) -> Iterator[Container]:
    """A container over the AWS that the environment names, whose bucket has these weights for every model."""
    torch.set_num_threads(1)  # more threads would contend with what else runs here
    client = boto3.client("s3")
    bucket, jobs = Bucket(client, BUCKET), Jobs(boto3.client("dynamodb"), "jobs")
    with TemporaryDirectory() as folder:
        memory = Memory(budget())
        models = Models(Files(client, BUCKET, Path(folder), share_of_disk(Path(folder))), memory)
        runs = Runs(jobs, bucket, partial(gather, models=models, bucket=bucket, note=lambda _: None), memory.let_go)
        yield Container(jobs, bucket, models, runs, [_checkpoint(name, weights) for name in names])


def _checkpoint(name: str, weights: Path) -> Model:
    return Model(
        type=ModelType.CHECKPOINT,
        name=name,
        key=f"models/checkpoint/{name}.safetensors",
        size=weights.stat().st_size,
        etag=name,
        updated_at=now(),
    )
