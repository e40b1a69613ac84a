"""How a notice settles its job."""

from lambdas.jobs.notices import Notice
from shared.cloud import Cloud
from shared.resolver import logger
from shared.shapes import Manifest, Outcome


def settle(notice: Notice, cloud: Cloud) -> None:
    """Finish the notice's job. A notice that is a double, late, or of a job that is not known changes nothing."""
    manifest = _drawn(notice, cloud) if notice.status == "Completed" else _failed(notice, cloud)
    settled = manifest.outcome in (Outcome.SUCCEEDED, Outcome.FAILED) and cloud.jobs.settle(notice.job, manifest)
    logger.info("notice", job=notice.job.id, outcome=manifest.outcome, settled=settled)


def _drawn(notice: Notice, cloud: Cloud) -> Manifest:
    """What the container answered. Where nobody has written a manifest, it was not the run that draws the job."""
    return notice.manifest() or cloud.bucket.manifest(notice.job) or Manifest(outcome=Outcome.NOT_MINE)


def _failed(notice: Notice, cloud: Cloud) -> Manifest:
    """No picture that was made is lost: the manifest knows them, and knows the reason better than SageMaker does."""
    made = cloud.bucket.manifest(notice.job) or Manifest(outcome=Outcome.FAILED)
    if made.outcome is Outcome.SUCCEEDED:
        return made
    reason = made.error or notice.failure_reason or "SageMaker gave no reason."
    return Manifest(outcome=Outcome.FAILED, images=made.images, error=reason)
