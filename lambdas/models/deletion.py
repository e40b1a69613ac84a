"""How a model is removed, with its file and what has arrived of an upload."""

from collections.abc import Iterator

from lambdas.models import files
from lambdas.models.reading import record
from shared.cloud import Cloud
from shared.errors import Conflict, NotFound
from shared.log import logger
from shared.networks import named
from shared.shapes import Job, Model, ModelType
from shared.tables.items import ATTEMPTS
from shared.tables.models import stem


def delete(type: str, name: str, force: bool, cloud: Cloud) -> None:
    """Remove a model. Raises NotFound, and Conflict if an unfinished job uses it and `force` is not given.

    The file first, the record last: if this breaks off halfway, it can be asked for again.
    """
    seen = record(type, name, cloud)
    if not force and any(_uses(job, seen) for job in _unfinished(cloud)):
        way_out = "Wait until it is done, cancel it, or DELETE with ?force=true: then the job fails."
        raise Conflict(f"A job that is not done uses the {seen.type} {seen.name!r}. {way_out}")
    for _ in range(ATTEMPTS):
        if seen.upload and seen.upload.id:
            cloud.multipart.abort(seen.upload.key, seen.upload.id)
        for key in files.of(seen, cloud):
            cloud.bucket.delete(key)
        if cloud.models.forget(seen):
            break
        try:
            seen = record(type, name, cloud)  # changed meanwhile, perhaps by its own file's event
        except NotFound:
            break
    else:
        raise Conflict("Other requests change this model again and again; send the same again.")
    logger.info("model deleted", key=seen.key)


def _unfinished(cloud: Cloud) -> Iterator[Job]:
    endpoints = cloud.endpoints.all()
    keys = (unfinished.key for endpoint in endpoints for unfinished in cloud.jobs.unfinished(endpoint.name))
    return (job for job in cloud.jobs.read(keys) if not job.status.final)


def _uses(job: Job, model: Model) -> bool:
    known_as = stem(model.name)
    return any(type is model.type and stem(name) == known_as for type, name in _named(job))


def _named(job: Job) -> Iterator[tuple[ModelType, str]]:
    """Every model that a job may be drawn with."""
    yield ModelType.CHECKPOINT, job.checkpoint
    for listed, names in job.extra_networks:
        yield from ((ModelType(listed), name) for name in names)
    yield from ((each.type, each.name) for each in named(job.parameters, job.extra_networks.detector))
