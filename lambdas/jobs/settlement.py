"""How jobs are settled: by their notice, or by the sweeper where none came."""

from lambdas.jobs import answers
from lambdas.jobs.notices import Notice
from shared.cloud import Cloud
from shared.log import count, logger, seconds
from shared.shapes import Job, JobKey, Manifest, Outcome, Status


def by_notice(notice: Notice, cloud: Cloud) -> None:
    """Finish the notice's job. A notice that is a double, late, or of a job that is not known changes nothing."""
    manifest = _drawn(notice, cloud) if notice.status == "Completed" else _failed(notice, cloud)
    settle(notice.job, manifest, cloud)


def settle(key: JobKey, manifest: Manifest, cloud: Cloud, lease: int | None = None) -> None:
    """Finish the job as its manifest says; a manifest that is not of a whole run finishes nothing.

    Where a lease is given, nothing either unless it is still the job's.
    """
    ends = manifest.outcome in (Outcome.SUCCEEDED, Outcome.FAILED)
    job = cloud.jobs.settle(key, manifest, lease) if ends else None
    if job:
        _measure(job)
    logger.info("settled" if job else "left as it was", job=key.id, outcome=manifest.outcome)


def _drawn(notice: Notice, cloud: Cloud) -> Manifest:
    """What the container answered. Where nothing was made of the job, it was not the run that draws it."""
    if notice.response:
        return answers.read(notice.response.decoded(), notice.job, cloud.bucket)
    return answers.made(notice.job, cloud.bucket) or Manifest(outcome=Outcome.NOT_MINE)


def _failed(notice: Notice, cloud: Cloud) -> Manifest:
    reason = notice.failure_reason or "SageMaker gave no reason."
    return failed_unless_drawn(notice.job, reason, cloud)


def failed_unless_drawn(key: JobKey, reason: str, cloud: Cloud) -> Manifest:
    """No picture that was made is lost: the manifest knows them, and its own reason is the better one."""
    made = answers.made(key, cloud.bucket) or Manifest(outcome=Outcome.FAILED)
    if made.outcome is Outcome.SUCCEEDED:
        return made
    return made.model_copy(update={"outcome": Outcome.FAILED, "error": made.error or reason})


def _measure(job: Job) -> None:
    count("JobsSucceeded" if job.status is Status.SUCCEEDED else "JobsFailed")
    if job.started_at and job.finished_at:
        seconds("QueueSeconds", (job.started_at - job.created_at).total_seconds())
        seconds("RunSeconds", (job.finished_at - job.started_at).total_seconds())
