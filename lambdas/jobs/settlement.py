"""How jobs are settled: by their notice, or by the sweeper if none came."""

from lambdas.jobs import answers
from lambdas.jobs.notices import Notice
from shared.cloud import Cloud
from shared.log import count, logger, seconds
from shared.shapes import Job, JobKey, Manifest, Outcome, Status

# Of what the container could not say itself: that it died, that the order ran out of time.
_WAY_OUT = "Order it again; if that fails too, the endpoint's log in CloudWatch says more."


def by_notice(notice: Notice, cloud: Cloud) -> None:
    """Finish the notice's job. A notice that is a duplicate, late, or of an unknown job changes nothing."""
    manifest = _drawn(notice, cloud) if notice.status == "Completed" else _failed(notice, cloud)
    settle(notice.job, manifest, cloud)


def settle(key: JobKey, manifest: Manifest, cloud: Cloud, lease: int | None = None) -> None:
    """Finish the job as its manifest says; the manifest of an incomplete run finishes nothing.

    If a lease is given, the job is finished only if that lease is still the job's.
    """
    ends = manifest.outcome in (Outcome.SUCCEEDED, Outcome.FAILED)
    job = cloud.jobs.settle(key, manifest, lease) if ends else None
    if job:
        _measure(job)
    logger.info("settled" if job else "left as it was", job=key.id, outcome=manifest.outcome)


def _drawn(notice: Notice, cloud: Cloud) -> Manifest:
    """What the container answered. If it made nothing, it was not the run that draws the job."""
    if notice.response:
        return answers.read(notice.response.decoded(), notice.job, cloud.bucket)
    return answers.made(notice.job, cloud.bucket) or Manifest(outcome=Outcome.NOT_MINE)


def _failed(notice: Notice, cloud: Cloud) -> Manifest:
    reason = notice.failure_reason or "SageMaker gave no reason."
    return failed_unless_drawn(notice.job, f"{reason} {_WAY_OUT}", cloud)


def failed_unless_drawn(key: JobKey, reason: str, cloud: Cloud) -> Manifest:
    """A failure keeps the pictures that were made, which the manifest knows; its own reason is the better one."""
    made = answers.made(key, cloud.bucket) or Manifest(outcome=Outcome.FAILED)
    if made.outcome is Outcome.SUCCEEDED:
        return made
    return made.model_copy(update={"outcome": Outcome.FAILED, "error": made.error or reason})


def _measure(job: Job) -> None:
    count("JobsSucceeded" if job.status is Status.SUCCEEDED else "JobsFailed")
    if job.started_at and job.finished_at:
        seconds("QueueSeconds", (job.started_at - job.created_at).total_seconds())
        seconds("RunSeconds", (job.finished_at - job.started_at).total_seconds())
