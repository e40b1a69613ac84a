"""An Idempotency-Key makes a retry return the first job."""

import time
from typing import Any

import pytest

from shared.cloud import Cloud
from shared.keys import owner_of
from shared.shapes import JobKey
from shared.tables import idempotency
from tests.unit.api import ALICE, BOB, Answer, Api
from tests.unit.calls import AwsCalls
from tests.unit.sagemaker import FakeSageMaker
from tests.unit.things import ORDER, add_endpoint, add_model, drawn


@pytest.fixture(autouse=True)
def _something_to_order(aws: Cloud) -> None:
    add_endpoint(aws)
    add_model(aws)


def order(api: Api, idempotency_key: str, body: dict[str, Any] = ORDER, **headers: Any) -> Answer:
    return api.post("/jobs", body, **headers, **{"Idempotency-Key": idempotency_key})


def test_a_retry_answers_the_first_job_and_orders_nothing(api: Api, sagemaker: FakeSageMaker) -> None:
    first, retry = order(api, "k1"), order(api, "k1")
    assert (retry.status, retry.body["id"]) == (202, first.body["id"])
    assert len(sagemaker.orders) == 1


def test_a_retry_answers_the_job_as_reading_it_does(api: Api, aws: Cloud) -> None:
    first = order(api, "k1").body
    aws.jobs.settle(JobKey(owner_of(ALICE), first["id"]), drawn())
    retry = order(api, "k1").body
    assert (retry["status"], len(retry["images"])) == ("succeeded", 1)
    assert retry["images"][0]["url"]
    assert retry.keys() == api.get(f"/jobs/{first['id']}").body.keys()


def test_a_retry_of_an_order_that_sagemaker_refused_answers_the_job_that_failed(
    api: Api, sagemaker: FakeSageMaker
) -> None:
    sagemaker.status = 400
    assert order(api, "k1").status == 409
    sagemaker.status = 202
    answer = order(api, "k1")
    assert (answer.status, answer.body["status"]) == (202, "failed")
    assert order(api, "k2").body["status"] == "queued"


def test_a_retry_of_an_order_that_was_refused_before_orders(api: Api, aws: Cloud) -> None:
    add_endpoint(aws, status="Updating")
    assert order(api, "k1").status == 409
    add_endpoint(aws)
    assert order(api, "k1").body["status"] == "queued"


def test_an_order_with_a_key_takes_no_call_more(api: Api, aws_calls: AwsCalls) -> None:
    order(api, "k1")
    assert aws_calls == ["BatchGetItem", "TransactWriteItems", "InvokeEndpointAsync"]


def test_a_retry_answers_the_first_job_also_when_its_endpoint_is_gone(api: Api, aws: Cloud) -> None:
    first = order(api, "k1")
    add_endpoint(aws, status="Deleted", gone=True)
    assert order(api, "k1").body["id"] == first.body["id"]


def test_another_order_with_the_same_key_is_refused(api: Api) -> None:
    order(api, "k1")
    answer = order(api, "k1", ORDER | {"parameters": {"prompt": "another dog"}})
    assert (answer.status, answer.fields) == (422, ["idempotency-key"])


def test_a_key_is_its_owners_alone(api: Api) -> None:
    assert order(api, "k1").body["id"] != order(api, "k1", key=BOB).body["id"]


def test_other_keys_make_other_jobs(api: Api) -> None:
    assert order(api, "k1").body["id"] != order(api, "k2").body["id"]


def test_a_key_can_be_used_again_when_its_day_is_over(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(idempotency, "KEEP_SECONDS", -1)
        first = order(api, "k1")
    second = order(api, "k1")
    assert second.status == 202
    assert second.body["id"] != first.body["id"]


def test_two_orders_at_once_with_one_key_make_one_job(
    api: Api, aws: Cloud, sagemaker: FakeSageMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other comes between this one's reading and its writing."""
    add = aws.jobs.add

    def come_between(*arguments: Any) -> bool:
        monkeypatch.undo()
        order(api, "k1")
        return add(*arguments)

    monkeypatch.setattr(aws.jobs, "add", come_between)
    answer = order(api, "k1")
    assert (answer.status, answer.fields) == (409, ["idempotency-key"])
    assert len(sagemaker.orders) == 1
    assert len(api.get("/jobs").body["jobs"]) == 1


@pytest.mark.parametrize("key", ["x" * 256, "ä", "two words"])
def test_a_key_that_cannot_be_kept_is_refused(api: Api, key: str) -> None:
    answer = order(api, key)
    assert (answer.status, answer.fields) == (422, ["idempotency-key"])


def test_a_key_is_kept_for_a_day(api: Api, aws: Cloud) -> None:
    order(api, "k1")
    kept = [item for item in aws.dynamodb.scan(TableName="jobs")["Items"] if item["id"]["S"] == "k1"]
    assert 86_000 < int(kept[0]["expires"]["N"]) - time.time() <= 86_400


def test_keys_are_in_no_list_of_jobs(api: Api) -> None:
    order(api, "k1")
    assert [job["status"] for job in api.get("/jobs").body["jobs"]] == ["queued"]
