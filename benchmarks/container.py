"""The container in this process: its models in a bucket and its jobs in a table that moto plays.

One thread draws and AWS answers out of the process, so that nothing waits and the seconds can be the processor's.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import boto3
import torch

from container import random_weights
from container.architectures import Architecture
from container.files import Files, share_of_disk
from container.gathering import gather
from container.memory import Memory, budget
from container.models import Models
from container.pipeline import Pipeline
from container.runs import Runs
from shared.cloud import Cloud
from shared.shapes import Model, ModelType, Order, now
from tests.container.aws import Aws
from tests.unit.aws import SETTINGS


class Container(NamedTuple):
    """`checkpoints` are of the same random weights under several names."""

    aws: Aws
    models: Models
    runs: Runs
    checkpoints: Sequence[Model]

    def order(self, checkpoint: int = 0, **parameters: object) -> Order:
        """A queued job's order, to be drawn with the checkpoint of that place."""
        return self.aws.order(**parameters).model_copy(update={"checkpoint": self.checkpoints[checkpoint]})

    def loaded(self, checkpoint: int = 0) -> Pipeline:
        return self.models.pipeline(self.checkpoints[checkpoint], lambda: None)


@contextmanager
def started(cloud: Cloud, architecture: Architecture, names: Sequence[str]) -> Iterator[Container]:
    """A container with checkpoints of these names in its bucket."""
    torch.set_num_threads(1)  # threads would contend for what else runs here
    s3 = boto3.client("s3")
    with TemporaryDirectory() as folder:
        file = Path(folder, "weights")
        random_weights.write(architecture, file)
        checkpoints = [_uploaded(cloud, file, name) for name in names]
        disk = Path(folder, "disk")
        models = Models(Files(s3, SETTINGS.bucket, disk, share_of_disk(disk)), Memory(budget()))
        runs = Runs(cloud.jobs, cloud.bucket, partial(gather, models=models, bucket=cloud.bucket))
        yield Container(Aws(cloud.jobs, cloud.bucket, s3), models, runs, checkpoints)


def _uploaded(cloud: Cloud, file: Path, name: str) -> Model:
    key, content = f"models/checkpoint/{name}.safetensors", file.read_bytes()
    cloud.bucket.put(key, content, "application/octet-stream")
    about = cloud.bucket.head(key)
    assert about
    etag = about["ETag"].strip('"')
    return Model(type=ModelType.CHECKPOINT, name=name, key=key, size=len(content), etag=etag, updated_at=now())
