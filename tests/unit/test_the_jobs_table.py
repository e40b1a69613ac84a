"""Every writer's condition: who may change a job, and when."""

from datetime import timedelta

import pytest

from shared.cloud import Cloud
from shared.shapes import Job, JobKey, Manifest, Outcome, Report, Status
from shared.tables import jobs
from tests.unit.things import add_job, drawn

FAILED = Manifest(outcome=Outcome.FAILED, error="no memory")


def status(aws: Cloud, job: Job) -> Status:
    stored = aws.jobs.get(job.key)
    assert stored
    return stored.status


def test_an_id_that_is_taken_is_not_overwritten(aws: Cloud) -> None:
    job = add_job(aws)
    claimed = aws.jobs.claim(job.key, "one")
    assert aws.jobs.add(job, keep=timedelta(days=1))  # it is there already, so that nothing is written
    assert aws.jobs.get(job.key) == claimed


def test_a_queued_job_can_be_claimed_once(aws: Cloud) -> None:
    job = add_job(aws)
    claimed = aws.jobs.claim(job.key, "one")
    assert claimed
    assert (claimed.status, claimed.started_at is not None) == (Status.RUNNING, True)
    assert not aws.jobs.claim(job.key, "two")


def test_a_claim_whose_answer_was_lost_may_be_asked_again(aws: Cloud) -> None:
    job = add_job(aws)
    assert aws.jobs.claim(job.key, "one")
    assert aws.jobs.claim(job.key, "one")
    aws.jobs.settle(job.key, FAILED)
    assert not aws.jobs.claim(job.key, "one")


def test_a_claim_whose_lease_has_run_out_can_be_taken_over(aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "LEASE_SECONDS", -1)
    job = add_job(aws)
    assert aws.jobs.claim(job.key, "one")
    assert aws.jobs.claim(job.key, "two")
    assert not aws.jobs.report(job.key, "one", Report(0.5))
    assert aws.jobs.report(job.key, "two", Report(0.5))


def test_a_report_renews_the_lease(aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    job = add_job(aws)
    with monkeypatch.context() as patch:
        patch.setattr(jobs, "LEASE_SECONDS", -1)
        aws.jobs.claim(job.key, "one")
    aws.jobs.report(job.key, "one", Report(0.5))
    assert not aws.jobs.claim(job.key, "two")


def test_a_claim_that_was_released_can_be_taken_over_at_once(aws: Cloud) -> None:
    job = add_job(aws)
    aws.jobs.claim(job.key, "one")
    assert aws.jobs.release(job.key, "one")
    assert aws.jobs.claim(job.key, "two")
    assert not aws.jobs.release(job.key, "one")


def test_a_job_past_its_deadline_is_not_claimed(aws: Cloud) -> None:
    assert not aws.jobs.claim(add_job(aws, deadline=timedelta(seconds=-1)).key, "one")


def test_a_job_that_is_not_known_is_neither_claimed_nor_settled_nor_made(aws: Cloud) -> None:
    nobody = JobKey("nobody", "nothing")
    assert not aws.jobs.claim(nobody, "one")
    assert not aws.jobs.settle(nobody, drawn())
    assert aws.jobs.get(nobody) is None


@pytest.mark.parametrize("claimed", [False, True])
@pytest.mark.parametrize(("manifest", "final"), [(drawn(), Status.SUCCEEDED), (FAILED, Status.FAILED)])
def test_a_job_that_is_not_final_is_settled(aws: Cloud, claimed: bool, manifest: Manifest, final: Status) -> None:
    job = add_job(aws)
    if claimed:
        aws.jobs.claim(job.key, "one")
    assert aws.jobs.settle(job.key, manifest)
    assert status(aws, job) is final


@pytest.mark.parametrize("first", [drawn(), FAILED])
@pytest.mark.parametrize("second", [drawn(), FAILED])
def test_a_final_job_never_changes(aws: Cloud, first: Manifest, second: Manifest) -> None:
    job = add_job(aws)
    aws.jobs.settle(job.key, first)
    before = aws.jobs.get(job.key)
    assert not aws.jobs.settle(job.key, second)
    assert not aws.jobs.refuse(job.key, "refused")
    assert not aws.jobs.claim(job.key, "one")
    assert not aws.jobs.report(job.key, "one", Report(0.5))
    assert aws.jobs.get(job.key) == before


def test_a_claimed_job_is_not_failed_by_a_refusal(aws: Cloud) -> None:
    """The refused post was then not the only one that SageMaker got."""
    job = add_job(aws)
    aws.jobs.claim(job.key, "one")
    assert not aws.jobs.refuse(job.key, "refused")
    assert status(aws, job) is Status.RUNNING


def test_only_unfinished_jobs_are_in_their_endpoints_queue(aws: Cloud) -> None:
    waiting, done = add_job(aws), add_job(aws)
    aws.jobs.settle(done.key, drawn())
    items = aws.dynamodb.scan(TableName="jobs", IndexName=jobs.UNFINISHED_INDEX)["Items"]
    assert [item["id"]["S"] for item in items] == [waiting.id]


def test_the_status_index_follows_the_status(aws: Cloud) -> None:
    job = add_job(aws)
    aws.jobs.claim(job.key, "one")
    aws.jobs.settle(job.key, drawn())
    (item,) = aws.dynamodb.scan(TableName="jobs", IndexName=jobs.STATUS_INDEX)["Items"]
    assert item["owner_status"]["S"] == f"{job.owner}#succeeded"


def test_a_record_leaves_some_days_after_its_deadline(aws: Cloud) -> None:
    job = add_job(aws)
    (item,) = aws.dynamodb.scan(TableName="jobs")["Items"]
    assert int(item["expires"]["N"]) == int((job.deadline + timedelta(days=30)).timestamp())
