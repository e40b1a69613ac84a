"""How a job is shown to its owner."""

from itertools import takewhile
from typing import Any, TypeVar

from shared.bucket import PREVIEW
from shared.cloud import Cloud
from shared.errors import NotFound
from shared.ids import is_id
from shared.shapes import ExtraImage, Job, JobKey, Manifest, Picture, Status, now

Image = TypeVar("Image", Picture, ExtraImage)


def job(key: JobKey, cloud: Cloud) -> Job:
    """The job with links to its pictures. Raises NotFound, the same for another owner's job as for none."""
    found = record(key, cloud)
    made = _made(found, cloud)
    shown = found.preview and found.status is Status.RUNNING
    return found.model_copy(
        update={
            "images": [_linked(picture, key, cloud) for picture in made.images],
            "extra_images": [_linked(extra, key, cloud) for extra in made.extra_images],
            "preview_url": cloud.bucket.link(key.output(PREVIEW)) if shown else None,
        }
        | _place_in_queue(found, cloud)
    )


def _place_in_queue(job: Job, cloud: Cloud) -> dict[str, Any]:
    """What a queued job waits for. If one before it is being drawn, its endpoint has an instance by now."""
    if job.status is not Status.QUEUED:
        return {}
    ahead = [*takewhile(lambda each: each.id < job.id, cloud.jobs.unfinished(job.endpoint))]
    drawing = any((each.lease_until or 0) > now().timestamp() for each in ahead)
    waits = job.waiting_for if job.waiting_for and not drawing else "turn" if ahead else None
    return {"waiting_for": waits, "ahead": len(ahead)}


def _linked(image: Image, key: JobKey, cloud: Cloud) -> Image:
    return image.model_copy(update={"url": cloud.bucket.link(key.output(image.file))})


def record(key: JobKey, cloud: Cloud) -> Job:
    """The job as it is stored. Raises NotFound."""
    require_id(key)
    found = cloud.jobs.get(key)
    if not found:
        raise _not_found(key)
    return found


def require_id(key: JobKey) -> None:
    """Raises NotFound for what can't be a job's id."""
    if not is_id(key.id):
        raise _not_found(key)


def _not_found(key: JobKey) -> NotFound:
    return NotFound(f"There is no job {key.id[:36]!r} among yours; GET /jobs lists them.")


def _made(job: Job, cloud: Cloud) -> Job | Manifest:
    """The manifest holds what the record leaves to it: long infotexts, and pictures that came after the job's end.

    A container may still be drawing when its job is cancelled, or given up as past its deadline.
    """
    complete = job.status not in (Status.CANCELLED, Status.FAILED)
    known = complete and all(picture.infotext is not None for picture in job.images)
    return job if known else cloud.bucket.manifest(job.key) or job
