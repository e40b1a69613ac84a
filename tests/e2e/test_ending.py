"""Cancel, delete, retries and what nobody settled, through the real gateway."""

import time

import boto3
import httpx

from local.cloud import Cloud
from shared.keys import owner_of
from tests.e2e.test_notices import ANSWER, next_notices, outputs
from tests.e2e.user import User, soon
from tests.waiting import eventually


def test_a_job_that_is_cancelled_stops_and_keeps_its_pictures(user: User) -> None:
    id = user.submit(steps=3, width=256, height=256, n_iter=100)
    soon(lambda: user.job(id)["progress"] >= 0.02)  # two pictures of the hundred
    answer = user.http.post(f"/jobs/{id}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert user.finished(user.submit())["status"] == "succeeded"  # the endpoint is free for the next
    job = user.job(id)
    assert job["status"] == "cancelled"
    assert 1 <= len(job["images"]) < 100
    assert user.picture(job).startswith(b"\x89PNG")


def test_a_job_that_is_cancelled_in_the_queue_is_never_drawn(user: User) -> None:
    busy, waiting = user.submit(steps=40, width=256, height=256), user.submit()
    user.http.post(f"/jobs/{waiting}/cancel").raise_for_status()
    assert user.finished(busy)["status"] == "succeeded"
    user.finished(user.submit())  # queued behind it
    job = user.job(waiting)
    assert (job["status"], job["images"], job["started_at"]) == ("cancelled", [], None)


def test_a_deleted_job_is_gone_with_its_pictures(user: User) -> None:
    job = user.finished(user.submit())
    link = job["images"][0]["url"]
    assert user.http.delete(f"/jobs/{job['id']}").status_code == 204
    assert user.http.get(f"/jobs/{job['id']}").status_code == 404
    assert httpx.get(link).status_code == 404
    assert job["id"] not in [each["id"] for each in user.list("jobs")]


def test_a_job_that_is_not_done_is_not_deleted(user: User) -> None:
    id = user.submit(steps=20, width=256, height=256)
    assert user.http.delete(f"/jobs/{id}").status_code == 409
    assert user.finished(id)["status"] == "succeeded"


def test_a_retry_with_its_key_is_answered_the_first_job(user: User) -> None:
    headers = {"idempotency-key": str(time.time_ns())}
    first, retry = (user.http.post("/jobs", json=user.order(), headers=headers).json() for _ in range(2))
    assert first["id"] == retry["id"]
    other = user.http.post("/jobs", json=user.order(steps=3), headers=headers)
    assert other.status_code == 422
    user.finished(first["id"])


def test_a_job_whose_notice_was_lost_is_settled_by_the_sweeper(user: User, cloud: Cloud) -> None:
    next_notices("lose")
    id = user.submit()
    soon(lambda: ANSWER in outputs(cloud, id))
    assert user.job(id)["status"] == "running"
    boto3.client("dynamodb").update_item(  # its deadline passes
        TableName=cloud.deployment.jobs_table,
        Key={"owner": {"S": owner_of(cloud.key)}, "id": {"S": id}},
        UpdateExpression="SET deadline = :past",
        ExpressionAttributeValues={":past": {"S": "2020-01-01T00:00:00.000Z"}},
    )
    job = eventually(lambda: (job := user.job(id))["status"] != "running" and job, seconds=150, pause=1)  # each minute
    assert job
    assert (job["status"], len(job["images"])) == ("succeeded", 1)
