"""What is reported of a job while it is drawn, and when its drawing should stop."""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

import pytest
from botocore.exceptions import ClientError

from container import progress
from container.progress import HandedBack, NotOurs, Progress
from shared.bucket import Bucket
from shared.shapes import Job, JobKey, Manifest, Order, Outcome, Report
from shared.tables import jobs
from shared.tables.jobs import Jobs
from tests.container.aws import Aws
from tests.container.clock import Clock
from tests.waiting import eventually


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "REPORT_SECONDS", 0.01)
    monkeypatch.setattr(progress, "PREVIEW_SECONDS", 0.01)


@contextmanager
def drawing(aws: Aws, order: Order, bucket: Bucket | None = None) -> Iterator[Progress]:
    aws.jobs.claim(order.key, "one")
    with Progress(aws.jobs, bucket or aws.bucket, order.key, "one") as progress:
        yield progress


def stored(aws: Aws, order: Order) -> Job:
    found = aws.jobs.get(order.key)
    assert found
    return found


def test_the_job_tells_its_steps_and_its_time_left_while_it_is_drawn(aws: Aws) -> None:
    order = aws.order()
    with drawing(aws, order) as progress:
        progress.step(1, 4)
        progress.step(2, 4)
        eventually(lambda: stored(aws, order).step == 2)
        job = stored(aws, order)
    assert (job.progress, job.step, job.steps) == (0.5, 2, 4)
    assert job.eta_seconds is not None


@pytest.mark.parametrize("outcome", [Outcome.SUCCEEDED, Outcome.FAILED])
def test_a_job_that_is_final_has_no_time_left(aws: Aws, outcome: Outcome) -> None:
    order = aws.order()
    aws.jobs.claim(order.key, "one")
    aws.jobs.report(order.key, "one", Report(0.5, 2, 4, 2.0))
    aws.jobs.settle(order.key, Manifest(outcome=outcome))
    job = stored(aws, order)
    assert (job.step, job.steps, job.eta_seconds) == (None, None, None)


def test_a_run_that_takes_over_does_not_tell_the_steps_of_the_one_before(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "LEASE_SECONDS", -1)
    order = aws.order()
    aws.jobs.claim(order.key, "one")
    aws.jobs.report(order.key, "one", Report(0.5, 2, 4, 2.0))
    aws.jobs.claim(order.key, "two")
    aws.jobs.report(order.key, "two", Report())
    job = stored(aws, order)
    assert (job.progress, job.step, job.steps, job.eta_seconds) == (0, None, None, None)


def test_a_cancel_is_learnt_of_while_models_are_loaded_and_between_steps(aws: Aws) -> None:
    order = aws.order()
    with drawing(aws, order) as progress:
        progress.check()
        aws.jobs.cancel(order.key)
        with pytest.raises(NotOurs):
            eventually(progress.check)
        with pytest.raises(NotOurs):
            progress.step(1, 4)


class Waited(threading.Event):
    """Waits next to no time; `seconds` are those that each thread asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: defaultdict[int, float] = defaultdict(float)

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds[threading.get_ident()] += timeout or 0
        return super().wait(0.001)


def test_a_cancel_is_learnt_of_within_a_second_of_any_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # this is about the real paces
    waited, moments = Waited(), list[float]()
    monkeypatch.setattr(progress, "Event", lambda: waited)
    jobs = FakeJobs(before=lambda: moments.append(waited.seconds[threading.get_ident()]))
    with faked(jobs, FakeBucket()):
        eventually(lambda: len(moments) > 2)
    assert moments[:3] == [1, 2, 3]


def test_a_drawing_that_is_to_be_handed_back_stops_at_its_next_step(aws: Aws) -> None:
    with drawing(aws, aws.order()) as progress:
        progress.hand_back()
        with pytest.raises(HandedBack):
            progress.step(1, 4)


def test_every_step_and_check_is_a_sign_of_life(aws: Aws, clock: Clock) -> None:
    progress = Progress(aws.jobs, aws.bucket, JobKey("alice", "1"), "one")
    for sign in (progress.check, lambda: progress.step(1, 4)):
        clock.now += 5
        assert progress.silent_seconds() == 5
        sign()
        assert progress.silent_seconds() == 0


class FakeJobs:
    """Hears reports; `before` may raise."""

    def __init__(self, before: Callable[[], None] = lambda: None) -> None:
        self.reports: list[Report] = []
        self._before = before

    def report(self, _: JobKey, __: str, report: Report) -> bool:
        self.reports.append(report)
        self._before()
        return True


class FakeBucket:
    """Keeps previews."""

    def __init__(self) -> None:
        self.previews: list[bytes] = []

    def put(self, key: str, body: bytes, content_type: str) -> None:
        assert (key, content_type) == ("jobs/alice/1/outputs/preview.jpg", "image/jpeg")
        self.previews.append(body)


def faked(jobs: FakeJobs, bucket: FakeBucket) -> Progress:
    return Progress(cast(Jobs, jobs), cast(Bucket, bucket), JobKey("alice", "1"), "one")


def reports_go_on(jobs: FakeJobs) -> None:
    so_far = len(jobs.reports)
    eventually(lambda: len(jobs.reports) > so_far + 2)


def busy() -> None:
    raise ClientError({"Error": {"Code": "ThrottlingException"}}, "UpdateItem")


def a_secret() -> None:
    raise ValueError("a secret dog")


@pytest.mark.parametrize("trouble", [busy, a_secret])
def test_a_report_that_fails_does_not_end_them(trouble: Callable[[], None], caplog: pytest.LogCaptureFixture) -> None:
    jobs = FakeJobs(before=trouble)
    with faked(jobs, FakeBucket()) as progress, caplog.at_level(logging.WARNING):
        reports_go_on(jobs)
        progress.check()
    assert "job 1" in caplog.text
    assert "secret" not in caplog.text


def test_reports_are_written_off_the_thread_that_draws() -> None:
    written_by: list[threading.Thread] = []
    jobs = FakeJobs(before=lambda: written_by.append(threading.current_thread()))
    with faked(jobs, FakeBucket()) as progress:
        for step in range(1, 5):
            progress.step(step, 4)
        reports_go_on(jobs)
        progress.check()
    assert threading.current_thread() not in written_by


def test_a_preview_is_made_off_the_thread_that_draws_and_once_for_a_step() -> None:
    jobs, bucket = FakeJobs(), FakeBucket()
    made_by: list[threading.Thread] = []

    def preview() -> bytes:
        made_by.append(threading.current_thread())
        return b"JPEG"

    with faked(jobs, bucket) as progress:
        progress.step(1, 4, preview)
        eventually(lambda: bucket.previews)
        reports_go_on(jobs)
        assert bucket.previews == [b"JPEG"]
        progress.step(2, 4, preview)
        eventually(lambda: len(bucket.previews) == 2)
    assert threading.current_thread() not in made_by


def test_a_job_that_asks_for_no_preview_gets_none() -> None:
    jobs, bucket = FakeJobs(), FakeBucket()
    with faked(jobs, bucket) as progress:
        progress.step(1, 4)
        reports_go_on(jobs)
    assert bucket.previews == []


def test_a_preview_that_is_slow_or_fails_does_not_hold_up_the_reports() -> None:
    jobs, bucket = FakeJobs(), FakeBucket()
    started, go_on = threading.Event(), threading.Event()

    def slow() -> bytes:
        started.set()
        assert go_on.wait(10)
        raise RuntimeError

    with faked(jobs, bucket) as progress:
        progress.step(1, 4, slow)
        assert started.wait(10)
        reports_go_on(jobs)
        go_on.set()
        progress.step(2, 4, lambda: b"JPEG")
        eventually(lambda: bucket.previews)


def test_a_drawing_that_is_wedged_renews_its_claim_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "WEDGED_SECONDS", -1)
    jobs, bucket = FakeJobs(), FakeBucket()
    with faked(jobs, bucket) as drawing:
        for number in range(1, 5):  # as many turns as there would have been reports
            drawing.step(number, 5, lambda: b"JPEG")
            eventually(lambda number=number: len(bucket.previews) == number)  # type: ignore[misc]
    assert jobs.reports == []
