"""How a caller ends a job: stops it, or removes it."""

from math import ceil

from lambdas.jobs import reading
from shared.cloud import Cloud
from shared.errors import Conflict
from shared.log import count, logger
from shared.shapes import Job, JobKey, Status, now


def cancel(key: JobKey, cloud: Cloud) -> Job:
    """Stop the job; pictures made by then are kept. Raises NotFound, and Conflict if it is done already."""
    reading.require_id(key)
    if cloud.jobs.cancel(key):
        count("JobsCancelled")
        logger.info("cancelled", job=key.id)
    job = reading.job(key, cloud)
    if job.status is not Status.CANCELLED:
        raise Conflict(f"The job has {job.status} already; DELETE removes it with its pictures.")
    return job


def delete(key: JobKey, cloud: Cloud) -> None:
    """Remove the job and its pictures. Raises NotFound, and Conflict if something may still be written for it.

    Objects first, the record last: if this breaks off halfway, it can be asked for again.
    """
    job = reading.record(key, cloud)
    if not job.status.final:
        raise Conflict(f"The job is {job.status}; POST /jobs/{key.id}/cancel stops it, then it can be deleted.")
    left = (job.lease_until or 0) - now().timestamp()
    if job.status is Status.CANCELLED and left > 0:  # what its container still writes would stay behind
        raise Conflict(f"The job was cancelled while it was drawn; delete it in {ceil(left)} seconds.")
    cloud.bucket.delete_folder(f"{key.folder}/")
    cloud.jobs.delete(key)
    logger.info("deleted", job=key.id)
