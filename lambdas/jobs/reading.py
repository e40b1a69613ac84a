"""How a job is shown to its owner."""

from uuid import UUID

from shared.cloud import Cloud
from shared.errors import NotFound
from shared.shapes import Job, JobKey, Picture


def job(key: JobKey, cloud: Cloud) -> Job:
    """The job with links to its pictures. Raises NotFound, the same for another owner's job as for none."""
    found = cloud.jobs.get(key) if _is_id(key.id) else None
    if not found:
        raise NotFound(f"There is no job {key.id!r} among yours; GET /jobs lists them.")
    pictures = _with_infotexts(found, cloud)
    links = [picture.model_copy(update={"url": cloud.bucket.link(key.output(picture.file))}) for picture in pictures]
    return found.model_copy(update={"images": links})


def _with_infotexts(job: Job, cloud: Cloud) -> list[Picture]:
    """A record leaves long infotexts to the manifest."""
    if all(picture.infotext is not None for picture in job.images):
        return job.images
    manifest = cloud.bucket.manifest(job.key)
    return manifest.images if manifest else job.images


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
