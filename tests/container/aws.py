"""The container's AWS: the jobs table, as the stack declares it, and the bucket."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from shared.bucket import Bucket
from shared.parameters import Txt2ImgParameters
from shared.shapes import Model, ModelType, Order, now
from shared.tables.jobs import Jobs
from tests.jobs import queued

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


class Aws(NamedTuple):
    jobs: Jobs
    bucket: Bucket
    s3: "S3Client"

    def order(self, **parameters: object) -> Order:
        """A queued job's order."""
        asked = {"prompt": "a dog", "width": 64, "height": 64, **parameters}
        job = queued("alice", Txt2ImgParameters.model_validate(asked))
        self.jobs.add(job, keep=timedelta(days=1))
        return Order(owner=job.owner, id=job.id, checkpoint=MODEL, parameters=job.parameters)

    def files(self, order: Order) -> set[str]:
        """The names of the files in the job's outputs."""
        listed = self.s3.list_objects_v2(Bucket="bucket", Prefix=order.key.output("")).get("Contents", [])
        return {each["Key"].rpartition("/")[2] for each in listed}


MODEL = Model(
    type=ModelType.CHECKPOINT,
    name="tiny",
    key="models/checkpoint/tiny.safetensors",
    size=1,
    etag="e1",
    updated_at=now(),
)


def upload(s3: "S3Client", type: ModelType, file: Path) -> Model:
    """A model in the bucket, named after its file."""
    key = f"models/{type}/{file.name}"
    etag = s3.put_object(Bucket="bucket", Key=key, Body=file.read_bytes())["ETag"].strip('"')
    return Model(type=type, name=file.stem, key=key, size=file.stat().st_size, etag=etag, updated_at=now())
