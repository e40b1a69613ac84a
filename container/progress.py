"""A claimed job's progress, reported off the thread that draws."""

import logging
from collections import deque
from collections.abc import Callable
from threading import Event, Thread
from time import monotonic
from types import TracebackType
from typing import Self

from botocore.exceptions import BotoCoreError, ClientError

from shared.bucket import PREVIEW, Bucket
from shared.shapes import JobKey, Report
from shared.tables.jobs import Jobs

REPORT_SECONDS = 1.0  # also how often a cancel is looked for
PREVIEW_SECONDS = 2.0

# A drawing that is silent for this long will stay silent. The longest legitimate silence is one block of the model
# for a large batch without a GPU: minutes.
WEDGED_SECONDS = 600

# The pace is taken over this many steps: enough that the pause between two batches hardly changes the time left.
STEPS_OF_LATE = 50

log = logging.getLogger(__name__)


class NotOurs(Exception):
    """The job is no longer this run's to draw: it was cancelled, settled, or claimed by another run."""


class HandedBack(Exception):
    """The server is going down before the job is done."""


class Pace:
    """How fast recent steps came."""

    def __init__(self) -> None:
        self._steps: deque[tuple[float, int]] = deque(maxlen=STEPS_OF_LATE)  # when each was done
        self._of = 1

    def step(self, step: int, of: int) -> None:
        self._of = of
        self._steps.append((monotonic(), step))

    def report(self) -> Report:
        """How far the drawing is. The time left is known from the second step on."""
        if not self._steps:
            return Report()
        first_at, first = self._steps[0]
        last_at, last = self._steps[-1]
        eta_seconds = None
        if last > first:
            eta_seconds = (self._of - last) * (last_at - first_at) / (last - first) - (monotonic() - last_at)
            eta_seconds = max(0.0, round(eta_seconds, 1))
        return Report(last / self._of, last, self._of, eta_seconds)


class Progress:
    """Within its `with`, renews the claim and writes how far the drawing is every second, and its preview every 2 s.

    The next report learns of a cancel. So drawing stops within a second plus the time of the report and the rest of the
    model's current block: within 2 s if these two take at most a second together.
    """

    def __init__(self, jobs: Jobs, bucket: Bucket, job: JobKey, claim: str) -> None:
        self._jobs = jobs
        self._bucket = bucket
        self._job = job
        self._claim = claim
        self._pace = Pace()
        self._preview: Callable[[], bytes] | None = None
        self._sign_of_life = monotonic()
        self._over = Event()
        self._stop: Exception | None = None
        # Two threads, since a preview that is slow to store must not cost the claim.
        paces = ((self._report, REPORT_SECONDS), (self._show, PREVIEW_SECONDS))
        self._threads = [Thread(target=self._repeat, args=pace, daemon=True) for pace in paces]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def step(self, step: int, of: int, preview: Callable[[], bytes] | None = None) -> None:
        """Called after each sampling step: `step`, from 1, `of` all that the order takes. Raises like `check`.

        `preview` makes a small JPEG of the picture so far; it is called on another thread, and not for every step.
        """
        self._pace.step(step, of)
        self._preview = preview
        self.check()

    def check(self) -> None:
        """A sign of life, also while models load. Raises the reason to stop drawing, if any: NotOurs or HandedBack."""
        self._sign_of_life = monotonic()
        if self._stop:
            raise self._stop

    @property
    def lost(self) -> bool:
        """Whether the job is known to be no longer this run's."""
        return isinstance(self._stop, NotOurs)

    def hand_back(self) -> None:
        """Let the drawing stop as soon as it next checks."""
        self._stop = self._stop or HandedBack()

    def silent_seconds(self) -> float:
        """How long ago the last sign of life was."""
        return monotonic() - self._sign_of_life

    def _repeat(self, do: Callable[[], None], seconds: float) -> None:
        while not self._over.wait(seconds):
            try:
                do()
            except (ClientError, BotoCoreError) as error:  # the next may get through, and the claim holds 30 s
                log.warning("progress of job %s not written: %s", self._job.id, error)
            except Exception as error:  # its text may hold what the user wrote
                log.warning("progress of job %s not written: %s", self._job.id, type(error).__name__)

    def _report(self) -> None:
        """A wedged drawing does not report, so that its claim expires and the job is given up."""
        if self.silent_seconds() < WEDGED_SECONDS and not self._jobs.report(
            self._job, self._claim, self._pace.report()
        ):
            self._stop = NotOurs()

    def _show(self) -> None:
        preview, self._preview = self._preview, None
        if preview:
            self._bucket.put(self._job.output(PREVIEW), preview(), "image/jpeg")
