"""How an order becomes a job."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from uuid6 import uuid7

from shared.cloud import Cloud
from shared.errors import Conflict, Invalid
from shared.parameters import Parameters, Text
from shared.resolver import logger
from shared.sagemaker import MOST_INLINE_BYTES, EndpointRefused, Payload
from shared.shapes import Endpoint, Job, Model, ModelType, Order, Status, now
from shared.suggestions import did_you_mean
from shared.tables.items import read


def _refuse_field(name: str) -> str:
    raise ValueError(f"An order has no such field.{did_you_mean(name, SubmitJob.model_fields)}")


class SubmitJob(BaseModel):
    """An order for pictures."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[Annotated[str, AfterValidator(_refuse_field)], Any]

    task: Literal["txt2img"]
    endpoint: Text = Field(min_length=1, max_length=63, description="An endpoint that is InService.")
    checkpoint: Text = Field(min_length=1, max_length=200, description="A checkpoint, as GET /models names it.")
    parameters: Parameters = Field(Parameters(), description="The body that the WebUI's own txt2img route takes.")


def submit(request: SubmitJob, owner: str, cloud: Cloud) -> Job:
    """Make the job and hand its order to the endpoint. Raises Conflict or Invalid where that can't be done."""
    endpoint, checkpoint = _look_up(request, cloud)
    job = _job(request, owner, endpoint, checkpoint, cloud)
    payload = _payload(job, checkpoint, cloud)
    cloud.jobs.add(job, keep=timedelta(days=cloud.settings.retention_days))  # first: the notice may outrun the answer
    try:
        confirmed = cloud.sagemaker.start(job, payload)
    except EndpointRefused as refusal:
        cloud.jobs.refuse(job.key, reason=str(refusal))
        raise Conflict.about("endpoint", f"SageMaker refused the order: {refusal}") from refusal
    logger.info("submitted", job=job.id, endpoint=job.endpoint, confirmed=confirmed)
    return job


def _look_up(request: SubmitJob, cloud: Cloud) -> tuple[Endpoint, Model]:
    """What the order names, by one call."""
    endpoint, checkpoint = read(
        cloud.dynamodb,
        [
            cloud.endpoints.address(request.endpoint),
            cloud.models.address(ModelType.CHECKPOINT, request.checkpoint),
        ],
    )
    if not endpoint:
        raise Conflict.about("endpoint", f"There is no endpoint {request.endpoint!r}; GET /endpoints lists them.")
    if not checkpoint:
        raise Invalid.about("checkpoint", _unknown_checkpoint(request.checkpoint, cloud))
    return _in_service(Endpoint.model_validate(endpoint)), Model.model_validate(checkpoint)


def _in_service(endpoint: Endpoint) -> Endpoint:
    if endpoint.status != "InService":
        detail = f"The endpoint {endpoint.name!r} is {endpoint.status}; only one that is InService takes jobs."
        raise Conflict.about("endpoint", detail)
    return endpoint


def _unknown_checkpoint(name: str, cloud: Cloud) -> str:
    known = [model.name for model in cloud.models.page(ModelType.CHECKPOINT, limit=1000, after=None)]
    return f"There is no checkpoint {name!r}.{did_you_mean(name, known)} GET /models?type=checkpoint lists them."


def _job(request: SubmitJob, owner: str, endpoint: Endpoint, checkpoint: Model, cloud: Cloud) -> Job:
    created = now()
    return Job(
        owner=owner,
        id=str(uuid7()),
        task=request.task,
        status=Status.QUEUED,
        endpoint=endpoint.name,
        checkpoint=checkpoint.name,
        created_at=created,
        deadline=created + timedelta(seconds=cloud.settings.deadline_seconds),
        parameters=request.parameters.honoured(),
        warnings=list(request.parameters.warnings()),
    )


def _payload(job: Job, checkpoint: Model, cloud: Cloud) -> Payload:
    order = Order(owner=job.owner, id=job.id, checkpoint=checkpoint, parameters=job.parameters)
    body = order.model_dump_json().encode()
    if cloud.settings.inline_bodies and len(body) <= MOST_INLINE_BYTES:
        return {"Body": body}
    return {"InputLocation": cloud.bucket.put(f"{job.key.folder}/inputs/order.json", body, "application/json")}
