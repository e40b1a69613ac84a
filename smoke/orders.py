"""Orders placed without the API: by the code that its function runs, with the caller's own rights.

The API gives no way to choose how an order travels, to post one twice, or to order with a checkpoint that has changed
meanwhile. So these make the same writes and the same call as the function would.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

import boto3
from uuid6 import uuid7

from shared.bucket import Bucket
from shared.parameters import Txt2ImgParameters
from shared.sagemaker import EndpointRefused, Payload, SageMaker
from shared.shapes import Job, JobKey, Model, Order, Status, Task, now
from shared.tables.jobs import Jobs
from smoke.deployment import Deployment
from smoke.results import CheckFailed, require

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

ALLOWED = timedelta(hours=1)  # for each job
KEPT = timedelta(days=1)  # if it can't be removed at the end


class Orders:
    def __init__(self, deployment: Deployment, endpoint: str, checkpoint: Model) -> None:
        self._s3: S3Client = boto3.client("s3")
        self.inline = deployment.inline_bodies
        self._bucket_name = deployment.bucket
        self._bucket = Bucket(self._s3, deployment.bucket)
        self._jobs = Jobs(boto3.client("dynamodb"), deployment.jobs_table)
        self._sagemaker = SageMaker()
        self._endpoint = endpoint
        self._checkpoint = checkpoint

    def place_by_s3(self, owner: str, parameters: Txt2ImgParameters) -> str:
        """An order that lies in the bucket, as if InvokeEndpointAsync took no body. Returns the job's id."""
        job = self._added(owner, parameters)
        self._start(job, self._by_s3(job, _body(job, self._checkpoint)))
        return job.id

    def place_outdated(self, owner: str, parameters: Txt2ImgParameters) -> str:
        """An order for a version of the checkpoint that the bucket does not have. Returns the job's id."""
        job = self._added(owner, parameters)
        self._start(job, self._payload(job, self._checkpoint.model_copy(update={"etag": "0" * 32})))
        return job.id

    def repeat(self, key: JobKey) -> None:
        """Post the order of a job once more, under the same inference id."""
        job = self._jobs.get(key)
        if not job:
            raise CheckFailed(f"the table has no job {key.id}")
        self._start(job, self._payload(job, self._checkpoint))

    def pictures(self, key: JobKey) -> int:
        """How many pictures lie in the job's folder."""
        answer = self._s3.list_objects_v2(Bucket=self._bucket_name, Prefix=key.output(""))
        return sum(each["Key"].endswith(".png") for each in answer.get("Contents", []))

    def _added(self, owner: str, parameters: Txt2ImgParameters) -> Job:
        created = now()
        job = Job(
            owner=owner,
            id=str(uuid7()),
            task=Task.TXT2IMG,
            status=Status.QUEUED,
            endpoint=self._endpoint,
            checkpoint=self._checkpoint.name,
            created_at=created,
            deadline=created + ALLOWED,
            parameters=parameters,
        )
        self._jobs.add(job, KEPT)
        return job

    def _payload(self, job: Job, checkpoint: Model) -> Payload:
        """Inline, if the deployment's own function sends it inline."""
        body = _body(job, checkpoint)
        return {"Body": body} if self.inline else self._by_s3(job, body)

    def _by_s3(self, job: Job, body: bytes) -> Payload:
        return {"InputLocation": self._bucket.put(f"{job.key.folder}/inputs/order.json", body, "application/json")}

    def _start(self, job: Job, payload: Payload) -> None:
        try:
            require(self._sagemaker.start(job, payload), "InvokeEndpointAsync gave no certain answer")
        except EndpointRefused as refusal:
            raise CheckFailed(f"InvokeEndpointAsync refused the order: {refusal}") from refusal


def _body(job: Job, checkpoint: Model) -> bytes:
    return (
        Order(owner=job.owner, id=job.id, checkpoint=checkpoint, parameters=job.parameters).model_dump_json().encode()
    )
