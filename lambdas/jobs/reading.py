"""How a job is shown to its owner."""

from uuid import UUID

from shared.cloud import Cloud
from shared.errors import NotFound
from shared.shapes import Job, JobKey, Picture, Status


def job(key: JobKey, cloud: Cloud) -> Job:
    """The job with links to its pictures. Raises NotFound, the same for another owner's job as for none."""
    found = record(key, cloud)
    links = [
        picture.model_copy(update={"url": cloud.bucket.link(key.output(picture.file))})
        for picture in _pictures(found, cloud)
    ]
    return found.model_copy(update={"images": links})


def record(key: JobKey, cloud: Cloud) -> Job:
    """The job as it is stored. Raises NotFound."""
    require_id(key)
    found = cloud.jobs.get(key)
    if not found:
        raise _not_found(key)
    return found


def require_id(key: JobKey) -> None:
    """Raises NotFound for what can't be a job's id."""
    try:
        if str(UUID(key.id)) == key.id:
            return
    except ValueError:
        pass
    raise _not_found(key)


def _not_found(key: JobKey) -> NotFound:
    return NotFound(f"There is no job {key.id[:36]!r} among yours; GET /jobs lists them.")


def _pictures(job: Job, cloud: Cloud) -> list[Picture]:
    """The manifest knows what a record leaves to it: long infotexts, and what a job had drawn when it was cancelled."""
    known = job.status is not Status.CANCELLED and all(picture.infotext is not None for picture in job.images)
    if known:
        return job.images
    manifest = cloud.bucket.manifest(job.key)
    return manifest.images if manifest else job.images
