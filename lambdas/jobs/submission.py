"""How an order becomes a job."""

from datetime import timedelta
from typing import NamedTuple
from urllib.parse import quote

from uuid6 import uuid7

from lambdas.jobs import networks, parameters, reading
from lambdas.jobs.orders import SubmitJob
from shared import webui
from shared.cloud import Cloud
from shared.errors import Conflict, Invalid, NotFound
from shared.log import count, logger
from shared.networks import Named
from shared.sagemaker import MOST_INLINE_BYTES, EndpointRefused, Payload
from shared.shapes import Endpoint, Job, JobKey, Model, ModelState, ModelType, Order, Status, now
from shared.suggestions import did_you_mean
from shared.tables.idempotency import First
from shared.tables.items import Address, read


class Found(NamedTuple):
    """What an order names, as far as it exists."""

    endpoint: Endpoint | None
    checkpoint: Model | None
    networks: list[Model | None]  # in the order of `networks.named`
    first: First | None


class Models(NamedTuple):
    """Everything that a job is drawn with."""

    checkpoint: Model
    networks: list[Model]


def submit(request: SubmitJob, owner: str, idempotency_key: str | None, cloud: Cloud) -> Job:
    """Make the job and hand its order to the endpoint, or return the job that its Idempotency-Key made before.

    Raises Conflict or Invalid.
    """
    named = networks.named(request)
    found = _look_up(request, named, owner, idempotency_key, cloud)
    if found.first:
        return _made_before(found.first, request, cloud)
    endpoint = _in_service(request.endpoint, found.endpoint)
    models = _known(request, named, found, cloud)
    job = _job(request, owner, models, endpoint.instances, cloud)
    payload = _payload(job, models, cloud)
    _add(job, idempotency_key, request.fingerprint, cloud)  # first: the notice may outrun SageMaker's answer
    try:
        confirmed = cloud.sagemaker.start(job, payload)
    except EndpointRefused as refusal:
        if cloud.jobs.refuse(job.key, reason=str(refusal)):
            count("JobsFailed")
        logger.info("refused", job=job.id, endpoint=job.endpoint)
        raise Conflict.about("endpoint", f"SageMaker refused the order: {refusal}") from refusal
    count("JobsSubmitted")
    logger.info("submitted", job=job.id, endpoint=job.endpoint, confirmed=confirmed)
    return job


def _look_up(request: SubmitJob, named: list[Named], owner: str, idempotency_key: str | None, cloud: Cloud) -> Found:
    """Look all of it up in one call."""
    addresses: list[Address] = [
        cloud.endpoints.address(request.endpoint),
        cloud.models.address(ModelType.CHECKPOINT, request.checkpoint),
        *(cloud.models.address(each.type, each.name) for each in named),
    ]
    if idempotency_key:
        addresses.append(cloud.jobs.first_address(owner, idempotency_key))
    endpoint, checkpoint, *others = read(cloud.dynamodb, addresses)
    first = others.pop() if idempotency_key else None
    return Found(
        Endpoint.model_validate(endpoint) if endpoint else None,
        Model.model_validate(checkpoint) if checkpoint else None,
        [Model.model_validate(model) if model else None for model in others],
        First.standing(first) if first else None,
    )


def _made_before(first: First, request: SubmitJob, cloud: Cloud) -> Job:
    if first.fingerprint != request.fingerprint:
        detail = "This key came with another order before; a new order needs a new key."
        raise Invalid.about("idempotency-key", detail)
    try:
        return reading.job(JobKey(first.owner, first.job), cloud)
    except NotFound:
        detail = f"The job {first.job!r} that this key made has been deleted."
        raise Conflict.about("idempotency-key", detail) from None


def _in_service(name: str, endpoint: Endpoint | None) -> Endpoint:
    if not endpoint:
        raise Conflict.about("endpoint", f"There is no endpoint {name!r}; GET /endpoints lists them.")
    if endpoint.status != "InService":
        detail = f"The endpoint {endpoint.name!r} is {endpoint.status}; only one that is InService takes jobs."
        raise Conflict.about("endpoint", detail)
    return endpoint


def _known(request: SubmitJob, named: list[Named], found: Found, cloud: Cloud) -> Models:
    """Everything that the order names, each once. Raises Invalid for the first that can't be drawn with."""
    named_checkpoint = Named("checkpoint", ModelType.CHECKPOINT, request.checkpoint)
    checkpoint = _active(named_checkpoint, found.checkpoint, cloud)
    known: dict[str, Model] = {}
    for each, model in zip(named, found.networks, strict=True):
        active = _active(each, model, cloud)
        known[active.key] = active
    return Models(checkpoint, list(known.values()))


def _active(named: Named, model: Model | None, cloud: Cloud) -> Model:
    if not model:
        raise _unknown(*named, cloud)
    if model.state is ModelState.FAILED:
        raise Invalid.about(named.field, f"The {model.type} {model.name!r} can't be drawn with. {model.reason}")
    if model.state is not ModelState.ACTIVE:
        way_out = f"GET /models/{model.type}/{quote(model.name)} says when it is active."
        raise Invalid.about(named.field, f"The {model.type} {model.name!r} is {model.state}. {way_out}")
    return model


def _unknown(field: str, type: ModelType, name: str, cloud: Cloud) -> Invalid:
    """The refusal of an unknown name, with the nearest known ones."""
    known, _ = cloud.models.page(type, limit=1000, after=None)
    near = did_you_mean(name, [model.name for model in known])
    way_out = f" GET /models?type={type} lists them."
    if type is ModelType.DETECTOR:
        way_out += (
            " The preprocessor openpose needs it; keypoints, or a drawn pose with the preprocessor none, do without."
        )
    return Invalid.about(field, f"There is no {type} {name!r}.{near}{way_out}")


def _job(request: SubmitJob, owner: str, models: Models, instances: int | None, cloud: Cloud) -> Job:
    created, key = now(), JobKey(owner, str(uuid7()))
    return Job(
        owner=key.owner,
        id=key.id,
        task=request.task,
        status=Status.QUEUED,
        endpoint=request.endpoint,
        checkpoint=models.checkpoint.name,
        created_at=created,
        deadline=created + _time_allowed(request, cloud),
        extra_networks=request.extra_networks,
        parameters=parameters.kept(request, models.networks, key, cloud),
        warnings=webui.warnings(request.parameters, request.checkpoint) + networks.warnings(request),
        preview=request.preview,
        waiting_for="instance" if instances == 0 else None,
    )


def _time_allowed(request: SubmitJob, cloud: Cloud) -> timedelta:
    most = cloud.settings.most_deadline_seconds
    if request.deadline_seconds and request.deadline_seconds > most:
        raise Invalid.about("deadline_seconds", f"A job may take {most} seconds at the most.")
    return timedelta(seconds=request.deadline_seconds or cloud.settings.deadline_seconds)


def _payload(job: Job, models: Models, cloud: Cloud) -> Payload:
    order = Order(
        owner=job.owner,
        id=job.id,
        checkpoint=models.checkpoint,
        networks=models.networks,
        parameters=job.parameters,
        preview=job.preview,
        warnings=job.warnings,
    )
    body = order.model_dump_json().encode()
    if cloud.settings.inline_bodies and len(body) <= MOST_INLINE_BYTES:
        return {"Body": body}
    return {"InputLocation": cloud.bucket.put(f"{job.key.folder}/inputs/order.json", body, "application/json")}


def _add(job: Job, idempotency_key: str | None, fingerprint: str, cloud: Cloud) -> None:
    keep = timedelta(days=cloud.settings.retention_days)
    first = None
    if idempotency_key:
        first = First(owner=job.owner, key=idempotency_key, job=job.id, fingerprint=fingerprint)
    if not cloud.jobs.add(job, keep, first):
        detail = "Another order with this key is being placed at this moment; send it again to get its job."
        raise Conflict.about("idempotency-key", detail)
