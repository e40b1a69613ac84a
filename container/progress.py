"""A claimed job's progress, reported off the thread that draws."""

import logging
from threading import Event, Thread
from types import TracebackType
from typing import Self

from botocore.exceptions import BotoCoreError, ClientError

from shared.shapes import JobKey
from shared.tables.jobs import Jobs

REPORT_SECONDS = 2.0

log = logging.getLogger(__name__)


class NotOurs(Exception):
    """The job is no longer this run's to draw: it was cancelled, settled, or claimed by another run."""


class HandedBack(Exception):
    """The server is going down before the job is done."""


class Progress:
    """Within its `with`, renews the claim and writes how far the drawing is, every 2 s."""

    def __init__(self, jobs: Jobs, job: JobKey, claim: str) -> None:
        self._jobs = jobs
        self._job = job
        self._claim = claim
        self._share = 0.0
        self._over = Event()
        self._stop: Exception | None = None
        self._thread = Thread(target=self._report_until_over, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def step(self, share: float) -> None:
        """Called after each sampling step with the share done, 0 to 1. Raises what the drawing is to stop for."""
        self._share = share
        if self._stop:
            raise self._stop

    def hand_back(self) -> None:
        """Let the drawing stop at its next step."""
        self._stop = HandedBack()

    def _report_until_over(self) -> None:
        while not self._over.wait(REPORT_SECONDS):
            try:
                if not self._jobs.report(self._job, self._claim, self._share):
                    self._stop = NotOurs()
            except (ClientError, BotoCoreError) as error:  # the next report may get through, and the claim holds 30 s
                log.warning("progress of job %s not written: %s", self._job.id, error)
