"""Notices as SNS delivers them on a bad day."""

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import boto3
import httpx
import pytest

from local.cloud import Cloud
from shared.keys import owner_of
from shared.shapes import JobKey, Manifest, Outcome, Picture
from tests.conftest import EVENTS
from tests.e2e.user import User, soon

ANSWER = "response.json"


def next_notices(*faults: Any) -> None:
    url = boto3.client("sagemaker").meta.endpoint_url
    httpx.put(f"{url}/faults", json={"notices": list(faults)}).raise_for_status()


def publish(topic: str, notice: dict[str, Any] | str) -> None:
    boto3.client("sns").publish(TopicArn=topic, Message=notice if isinstance(notice, str) else json.dumps(notice))


def success(key: JobKey) -> dict[str, Any]:
    manifest = Manifest(
        outcome=Outcome.SUCCEEDED, images=[Picture(file="early.png", seed=1, width=64, height=64, infotext="early")]
    )
    content = b64encode(manifest.model_dump_json().encode()).decode()
    return {
        "inferenceId": key.inference_id,
        "invocationStatus": "Completed",
        "responseBody": {"content": content, "encoding": "BASE64"},
    }


def queue_url(part: str) -> str:
    (url,) = [url for url in boto3.client("sqs").list_queues()["QueueUrls"] if part in url]
    return url


def messages_in(part: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = boto3.client("sqs").get_queue_attributes(QueueUrl=queue_url(part), AttributeNames=names)  # type: ignore[arg-type]
    return sum(int(count) for count in answer["Attributes"].values())


def key_of(cloud: Cloud, id: str) -> JobKey:
    return JobKey(owner_of(cloud.key), id)


def outputs(cloud: Cloud, id: str) -> list[str]:
    """The files that have been made for a job. The endpoint's answer is among them before its notice is sent."""
    folder = f"{key_of(cloud, id).folder}/outputs/"
    objects = boto3.client("s3").list_objects_v2(Bucket=cloud.deployment.bucket, Prefix=folder).get("Contents", [])
    return [each["Key"].removeprefix(folder) for each in objects]


def test_a_notice_that_comes_twice_settles_its_job_once(user: User, cloud: Cloud) -> None:
    next_notices("double")
    first = user.finished(user.submit())
    soon(lambda: messages_in("NoticesQueue") == 0)
    assert user.job(first["id"])["finished_at"] == first["finished_at"]


def test_a_late_notice_settles_its_job_late(user: User, cloud: Cloud) -> None:
    next_notices({"delay": 5.0})
    id = user.submit()
    soon(lambda: ANSWER in outputs(cloud, id))
    assert user.job(id)["status"] == "running"
    assert user.finished(id)["status"] == "succeeded"


def test_an_early_notice_settles_its_job_which_is_then_not_drawn(user: User, cloud: Cloud) -> None:
    busy, waiting = user.submit(steps=40, width=256, height=256), user.submit()
    publish(cloud.deployment.success_topic, success(key_of(cloud, waiting)))
    settled = user.finished(waiting)
    assert [image["file"] for image in settled["images"]] == ["early.png"]
    user.finished(busy)
    user.finished(user.submit())  # queued behind them: the endpoint has been handed the early one by then
    assert user.job(waiting)["images"][0]["file"] == "early.png"
    assert outputs(cloud, waiting) == [ANSWER]


def test_a_late_failure_does_not_undo_a_success(user: User, cloud: Cloud) -> None:
    job = user.finished(user.submit())
    failure = {
        "inferenceId": key_of(cloud, job["id"]).inference_id,
        "invocationStatus": "Failed",
        "failureReason": "late",
    }
    publish(cloud.deployment.error_topic, failure)
    soon(lambda: messages_in("NoticesQueue") == 0)
    assert user.job(job["id"])["status"] == "succeeded"


def test_a_notice_of_an_unknown_job_makes_none(user: User, cloud: Cloud) -> None:
    unknown = key_of(cloud, "01a20631-e30e-74c5-b1ce-ad1925bb5db8")
    publish(cloud.deployment.success_topic, success(unknown))
    soon(lambda: messages_in("NoticesQueue") == 0)
    assert user.http.get(f"/jobs/{unknown.id}").status_code == 404
    assert messages_in("NoticesDeadLetters") == 0


@pytest.fixture
def soon_again(cloud: Cloud) -> Iterator[None]:
    """What failed comes again after a second; earlier dead letters are gone."""
    sqs, queue = boto3.client("sqs"), queue_url("NoticesQueue")
    sqs.purge_queue(QueueUrl=queue_url("NoticesDeadLetters"))
    before = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["VisibilityTimeout"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "1"})
    yield
    sqs.set_queue_attributes(QueueUrl=queue, Attributes=before)


@pytest.mark.parametrize("notice", ["no JSON", "{}"])
def test_a_malformed_notice_ends_as_a_dead_letter_and_holds_up_no_other(
    user: User, cloud: Cloud, soon_again: None, notice: str
) -> None:
    publish(cloud.deployment.success_topic, notice)
    assert user.finished(user.submit())["status"] == "succeeded"
    soon(lambda: messages_in("NoticesDeadLetters") == 1)


def test_sagemakers_test_of_the_topics_is_no_dead_letter(cloud: Cloud, soon_again: None) -> None:
    notice = (EVENTS / "notice-test.json").read_text()
    for topic in (cloud.deployment.success_topic, cloud.deployment.error_topic):
        publish(topic, notice)
    soon(lambda: messages_in("NoticesQueue") == 0)
    assert messages_in("NoticesDeadLetters") == 0
