"""Settles what no notice has settled: each minute, every endpoint's unfinished jobs are looked through."""

from datetime import datetime
from typing import Any, NamedTuple

from lambdas.jobs.settlement import failed_unless_drawn, settle
from shared.cloud import Cloud, cloud
from shared.log import logger, seconds
from shared.shapes import Unfinished, now
from shared.tables.endpoints import DELETED, StoredEndpoint

# A container that has been silent for this long after its lease ran out is gone, and so is its notice.
SILENT_SECONDS = 300


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> None:
    sweep(cloud())


class GivenUp(NamedTuple):
    """Why a job is given up. `lease` is the one that ran out, if that is why: it may have been renewed since."""

    reason: str
    lease: int | None = None


def sweep(cloud: Cloud) -> None:
    """Settle jobs past their deadline or long silent, and report how long the oldest unfinished one has been waiting.

    Raises RuntimeError if some could not be settled.
    """
    moment = now()
    unfinished = [(job, each) for each in cloud.endpoints.all() for job in cloud.jobs.unfinished(each.name)]
    looked_at = [(job, _left_alone(endpoint) or _overdue(job, moment)) for job, endpoint in unfinished]
    failed = [job.id for job, given_up in looked_at if given_up and not _settled(job, given_up, cloud)]
    oldest = min((job.created_at for job, _ in unfinished), default=moment)
    seconds("OldestUnfinishedSeconds", (moment - oldest).total_seconds())
    if failed:
        raise RuntimeError(f"{', '.join(failed)} could not be settled; the log says why.")


def _settled(job: Unfinished, given_up: GivenUp, cloud: Cloud) -> bool:
    try:
        settle(job.key, failed_unless_drawn(job.key, given_up.reason, cloud), cloud, given_up.lease)
    except Exception as error:
        # Not the error's text: it may quote what could not be read, prompts included.
        logger.error("not settled", job=job.id, error=type(error).__name__)
        return False  # one job must not keep the others from their turn
    return True


def _left_alone(endpoint: StoredEndpoint) -> GivenUp | None:
    """Why nothing draws the endpoint's jobs any more; None if something still may."""
    if endpoint.gone:
        gone = "deleted" if endpoint.status == DELETED else "lost"
        return GivenUp(f"Its endpoint was {gone}. Order it from another one.")
    return None


def _overdue(job: Unfinished, moment: datetime) -> GivenUp | None:
    """Why the job is to be given up; None if it is not."""
    if job.deadline < moment:
        return GivenUp(
            "It was not drawn by its deadline. The endpoint may be busy: order again, with more deadline_seconds."
        )
    if job.lease_until and job.lease_until + SILENT_SECONDS < moment.timestamp():
        return GivenUp("The endpoint stopped while drawing it, and gave no reason. Order it again.", job.lease_until)
    return None
