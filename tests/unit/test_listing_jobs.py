"""GET /jobs."""

import pytest

from shared.cloud import Cloud
from shared.keys import owner_of
from tests.unit.api import BOB, Api
from tests.unit.calls import AwsCalls
from tests.unit.things import add_job, drawn


def test_a_list_shows_the_callers_own_jobs_newest_first(api: Api, aws: Cloud) -> None:
    ids = [add_job(aws).id for _ in range(3)]
    add_job(aws, owner=owner_of(BOB))
    body = api.get("/jobs").body
    assert [job["id"] for job in body["jobs"]] == ids[::-1]
    assert body["next_cursor"] is None


def test_a_list_takes_one_aws_call(api: Api, aws: Cloud, aws_calls: AwsCalls) -> None:
    add_job(aws)
    aws_calls.clear()
    api.get("/jobs")
    assert aws_calls == ["Query"]


def test_a_list_is_paged_without_gaps_or_doubles(api: Api, aws: Cloud) -> None:
    ids = [add_job(aws).id for _ in range(5)]
    seen: list[str] = []
    cursor = None
    while page := api.get("/jobs", limit="2", **({"cursor": cursor} if cursor else {})).body:
        seen += [job["id"] for job in page["jobs"]]
        if not (cursor := page["next_cursor"]):
            break
    assert seen == ids[::-1]


def test_a_list_can_be_of_one_status_and_is_one_query(api: Api, aws: Cloud, aws_calls: AwsCalls) -> None:
    waiting, done = add_job(aws), add_job(aws)
    aws.jobs.settle(done.key, drawn())
    aws_calls.clear()
    assert [job["id"] for job in api.get("/jobs", status="queued").body["jobs"]] == [waiting.id]
    assert [job["id"] for job in api.get("/jobs", status="succeeded").body["jobs"]] == [done.id]
    assert api.get("/jobs", status="failed").body["jobs"] == []
    assert aws_calls == ["Query"] * 3


def test_a_list_of_one_status_is_paged_too(api: Api, aws: Cloud) -> None:
    ids = [add_job(aws).id for _ in range(3)]
    first = api.get("/jobs", status="queued", limit="2").body
    second = api.get("/jobs", status="queued", limit="2", cursor=first["next_cursor"]).body
    assert [job["id"] for job in first["jobs"] + second["jobs"]] == ids[::-1]


def test_a_list_can_be_of_one_task(api: Api, aws: Cloud) -> None:
    job = add_job(aws)
    assert [each["id"] for each in api.get("/jobs", task="txt2img").body["jobs"]] == [job.id]


@pytest.mark.parametrize(("field", "value"), [("status", "done"), ("task", "draw")])
def test_a_filter_by_what_there_is_not_is_refused(api: Api, field: str, value: str) -> None:
    answer = api.get("/jobs", **{field: value})
    assert (answer.status, answer.fields) == (422, [field])


@pytest.mark.parametrize("cursor", ["x", "YWJj=", "%00", "ä", "!!!!", "enp6", "aGVsbG8gd29ybGQ=", "MDFBMjA2MzE="])
def test_a_cursor_that_no_list_has_answered_is_refused(api: Api, cursor: str) -> None:
    answer = api.get("/jobs", cursor=cursor)
    assert (answer.status, answer.fields) == (400, ["cursor"])


@pytest.mark.parametrize("limit", ["0", "101", "many"])
def test_a_limit_out_of_bounds_is_refused(api: Api, limit: str) -> None:
    answer = api.get("/jobs", limit=limit)
    assert (answer.status, answer.fields) == (422, ["limit"])
