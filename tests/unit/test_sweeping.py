"""The sweeper settles what no notice settled."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest

from lambdas.jobs import sweeper
from lambdas.jobs.sweeper import sweep
from shared.bucket import MANIFEST
from shared.cloud import Cloud
from shared.shapes import Job, Manifest, Outcome, Status, now
from shared.tables import jobs
from tests.unit.calls import AwsCalls
from tests.unit.logs import Log
from tests.unit.things import add_endpoint, add_job, drawn

LATE = timedelta(seconds=-1)


@pytest.fixture(autouse=True)
def _endpoint(aws: Cloud) -> None:
    add_endpoint(aws)


def swept(aws: Cloud, job: Job) -> Job:
    sweep(aws)
    stored = aws.jobs.get(job.key)
    assert stored
    return stored


def write(aws: Cloud, job: Job, manifest: Manifest) -> None:
    aws.bucket.put(job.key.output(MANIFEST), manifest.model_dump_json().encode(), "application/json")


def test_a_job_past_its_deadline_fails_and_says_so(aws: Cloud) -> None:
    job = swept(aws, add_job(aws, deadline=LATE))
    assert job.status is Status.FAILED
    assert "deadline" in (job.error or "")


def test_a_job_whose_notice_was_lost_succeeds_with_its_pictures(aws: Cloud) -> None:
    job = add_job(aws, deadline=LATE)
    write(aws, job, drawn(pictures=3))
    settled = swept(aws, job)
    assert (settled.status, len(settled.images)) == (Status.SUCCEEDED, 3)


def test_a_job_that_was_half_drawn_keeps_its_pictures(aws: Cloud) -> None:
    job = add_job(aws, deadline=LATE)
    write(aws, job, drawn(pictures=2, outcome=Outcome.DRAWING))
    settled = swept(aws, job)
    assert (settled.status, len(settled.images)) == (Status.FAILED, 2)


def test_the_containers_own_reason_is_told(aws: Cloud) -> None:
    job = add_job(aws, deadline=LATE)
    write(aws, job, Manifest(outcome=Outcome.FAILED, error="Order a smaller width."))
    assert swept(aws, job).error == "Order a smaller width."


@pytest.mark.parametrize("manifest", ['{"outcome": "unheard of", "error": "a cute dog"}', "[]", "no JSON"])
def test_an_overdue_job_whose_manifest_cannot_be_read_fails_and_says_so(aws: Cloud, manifest: str) -> None:
    job = add_job(aws, deadline=LATE)
    aws.bucket.put(job.key.output(MANIFEST), manifest.encode(), "application/json")
    settled = swept(aws, job)
    assert settled.status is Status.FAILED
    assert "can't be read" in (settled.error or "")


def test_a_job_that_cannot_be_settled_is_named_and_keeps_no_other_from_its_turn(
    aws: Cloud, log: Log, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stuck, other = add_job(aws, deadline=LATE), add_job(aws, deadline=LATE)
    get = aws.bucket.get

    def break_off(key: str) -> Any:
        if stuck.id in key:
            raise ConnectionError("a cute dog")
        return get(key)

    monkeypatch.setattr(aws.bucket, "get", break_off)
    with pytest.raises(RuntimeError, match=stuck.id):
        sweep(aws)
    kept = aws.jobs.get(other.key)
    assert kept
    assert kept.status is Status.FAILED
    (line,) = log.lines("not settled")
    assert (line["job"], line["error"]) == (stuck.id, "ConnectionError")
    assert "dog" not in json.dumps(line)
    assert "OldestUnfinishedSeconds" in capsys.readouterr().out


def test_a_job_that_has_time_is_left_alone(aws: Cloud) -> None:
    waiting, running = add_job(aws), add_job(aws)
    aws.jobs.claim(running.key, "one")
    assert swept(aws, waiting).status is Status.QUEUED
    assert swept(aws, running).status is Status.RUNNING


def test_a_job_whose_container_went_silent_long_ago_fails(aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "LEASE_SECONDS", -sweeper.SILENT_SECONDS - 1)
    job = add_job(aws)
    aws.jobs.claim(job.key, "one")
    settled = swept(aws, job)
    assert settled.status is Status.FAILED
    assert "stopped while drawing" in (settled.error or "")


def test_a_silent_job_that_is_claimed_again_while_the_sweeper_looks_goes_on(
    aws: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, get = add_job(aws), aws.bucket.get
    with monkeypatch.context() as patch:
        patch.setattr(jobs, "LEASE_SECONDS", -sweeper.SILENT_SECONDS - 1)
        aws.jobs.claim(job.key, "one")

    def get_late(key: str) -> Any:
        aws.jobs.claim(job.key, "two")
        return get(key)

    monkeypatch.setattr(aws.bucket, "get", get_late)
    assert swept(aws, job).status is Status.RUNNING
    assert aws.jobs.settle(job.key, drawn())


def test_a_container_that_was_silent_for_a_moment_is_waited_for(aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "LEASE_SECONDS", -10)
    job = add_job(aws)
    aws.jobs.claim(job.key, "one")
    assert swept(aws, job).status is Status.RUNNING


def test_jobs_of_an_endpoint_that_was_deleted_are_settled_too(aws: Cloud) -> None:
    job = add_job(aws)
    add_endpoint(aws, status="Deleted", gone=True)
    settled = swept(aws, job)
    assert (settled.status, settled.error) == (
        Status.FAILED,
        "Its endpoint was deleted. Order it from another one.",
    )


def test_what_a_deleted_endpoint_had_drawn_to_its_end_is_not_lost(aws: Cloud) -> None:
    job = add_job(aws)
    aws.bucket.put(job.key.output("manifest.json"), drawn().model_dump_json().encode(), "application/json")
    add_endpoint(aws, status="Deleted", gone=True)
    assert swept(aws, job).status is Status.SUCCEEDED


def test_what_is_final_is_not_looked_at(aws: Cloud, aws_calls: AwsCalls) -> None:
    job = add_job(aws, deadline=LATE)
    aws.jobs.settle(job.key, drawn())
    aws_calls.clear()
    sweep(aws)
    assert aws_calls == ["Query", "Query"]


def test_how_long_the_oldest_has_been_waiting_is_measured(aws: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    add_job(aws, created_at=now() - timedelta(hours=1))
    add_job(aws)
    sweep(aws)
    (seconds,) = re.findall(r'"OldestUnfinishedSeconds":\[(\d+)\.', capsys.readouterr().out)
    assert 3600 <= int(seconds) < 3700
