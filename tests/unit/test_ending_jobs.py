"""Cancel and delete."""

import re
from datetime import timedelta

import boto3
import pytest

from lambdas.jobs import ending
from shared.bucket import MANIFEST
from shared.cloud import Cloud
from shared.shapes import ExtraImage, Job, Outcome, Report, Status, now
from tests.unit.api import BOB, Api
from tests.unit.calls import AwsCalls
from tests.unit.things import add_job, drawn


def objects(job: Job) -> list[str]:
    listed = boto3.client("s3").list_objects_v2(Bucket="bucket", Prefix=f"{job.key.folder}/")
    return [each["Key"] for each in listed.get("Contents", [])]


@pytest.mark.parametrize("claimed", [False, True])
def test_a_job_that_is_not_done_is_cancelled(api: Api, aws: Cloud, claimed: bool) -> None:
    job = add_job(aws)
    if claimed:
        aws.jobs.claim(job.key, "one")
    answer = api.post(f"/jobs/{job.id}/cancel")
    assert (answer.status, answer.body["status"]) == (200, "cancelled")
    assert answer.body["finished_at"]


def test_a_cancelled_job_is_not_drawn_on(aws: Cloud, api: Api) -> None:
    job = add_job(aws)
    aws.jobs.claim(job.key, "one")
    api.post(f"/jobs/{job.id}/cancel")
    assert not aws.jobs.report(job.key, "one", Report(0.5))
    assert not aws.jobs.claim(job.key, "two")
    assert not aws.jobs.settle(job.key, drawn())


def test_a_cancelled_job_keeps_what_it_had_drawn(aws: Cloud, api: Api) -> None:
    job = add_job(aws)
    api.post(f"/jobs/{job.id}/cancel")
    grid = ExtraImage(kind="grid", file="grid.png", width=64, height=64)
    stopped = drawn(pictures=2, outcome=Outcome.STOPPED, extra_images=[grid])
    aws.bucket.put(job.key.output(MANIFEST), stopped.model_dump_json().encode(), "application/json")
    body = api.get(f"/jobs/{job.id}").body
    assert (len(body["images"]), len(body["extra_images"])) == (2, 1)


def test_cancelling_twice_is_cancelling_once(api: Api, aws: Cloud) -> None:
    job = add_job(aws)
    first = api.post(f"/jobs/{job.id}/cancel")
    assert api.post(f"/jobs/{job.id}/cancel").body == first.body


def test_a_job_that_is_done_is_not_cancelled(api: Api, aws: Cloud) -> None:
    job = add_job(aws)
    aws.jobs.settle(job.key, drawn())
    answer = api.post(f"/jobs/{job.id}/cancel")
    assert answer.status == 409
    assert "succeeded already" in answer.body["detail"]


def test_a_done_job_is_deleted_with_its_pictures(api: Api, aws: Cloud) -> None:
    job, other = add_job(aws), add_job(aws)
    for each in (job, other):
        aws.bucket.put(each.key.output("000-0.png"), b"picture", "image/png")
    aws.jobs.settle(job.key, drawn())
    answer = api.delete(f"/jobs/{job.id}")
    assert (answer.status, answer.body) == (204, None)
    assert api.get(f"/jobs/{job.id}").status == 404
    assert objects(job) == []
    assert len(objects(other)) == 1


def test_a_job_that_is_not_done_is_not_deleted(api: Api, aws: Cloud) -> None:
    job = add_job(aws)
    answer = api.delete(f"/jobs/{job.id}")
    assert answer.status == 409
    assert "cancel" in answer.body["detail"]
    assert api.get(f"/jobs/{job.id}").status == 200


def test_a_job_that_was_cancelled_while_it_was_drawn_is_deleted_once_its_container_is_still(
    api: Api, aws: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The container writes pictures until it learns of the cancellation."""
    job = add_job(aws)
    aws.jobs.claim(job.key, "one")
    api.post(f"/jobs/{job.id}/cancel")
    aws.bucket.put(job.key.output("000-0.png"), b"picture", "image/png")
    answer = api.delete(f"/jobs/{job.id}")
    assert answer.status == 409
    assert re.search(r"delete it in (29|30) seconds", answer.body["detail"])
    assert len(objects(job)) == 1
    later = now() + timedelta(seconds=31)
    monkeypatch.setattr(ending, "now", lambda: later)
    assert api.delete(f"/jobs/{job.id}").status == 204
    assert objects(job) == []


def test_a_job_that_was_cancelled_in_the_queue_is_deleted_at_once(api: Api, aws: Cloud) -> None:
    job = add_job(aws)
    api.post(f"/jobs/{job.id}/cancel")
    assert api.delete(f"/jobs/{job.id}").status == 204


def test_a_job_that_was_drawn_is_deleted_at_once(api: Api, aws: Cloud) -> None:
    job = add_job(aws)
    aws.jobs.claim(job.key, "one")
    aws.jobs.settle(job.key, drawn())
    assert api.delete(f"/jobs/{job.id}").status == 204


def test_a_deletion_that_broke_off_can_be_asked_for_again(
    api: Api, aws: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = add_job(aws)
    aws.jobs.settle(job.key, drawn())

    def broken(*_: object) -> bool:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(aws.jobs, "delete", broken)
        with pytest.raises(ConnectionError):
            api.delete(f"/jobs/{job.id}")
    assert api.delete(f"/jobs/{job.id}").status == 204


@pytest.mark.parametrize("id", ["abc", "01a20631-e30e-74c5-b1ce-ad1925bb5db8"])
def test_a_job_that_is_not_there_is_neither_cancelled_nor_deleted(api: Api, id: str) -> None:
    assert api.post(f"/jobs/{id}/cancel").status == 404
    assert api.delete(f"/jobs/{id}").status == 404


def test_another_owners_job_is_neither_cancelled_nor_deleted(api: Api, aws: Cloud) -> None:
    job = add_job(aws)
    assert api.post(f"/jobs/{job.id}/cancel", key=BOB).status == 404
    assert api.delete(f"/jobs/{job.id}", key=BOB).status == 404
    stored = aws.jobs.get(job.key)
    assert stored
    assert stored.status is Status.QUEUED


def test_cancelling_takes_three_aws_calls(api: Api, aws: Cloud, aws_calls: AwsCalls) -> None:
    job = add_job(aws)
    aws_calls.clear()
    api.post(f"/jobs/{job.id}/cancel")
    assert aws_calls == ["UpdateItem", "GetItem", "GetObject"]
