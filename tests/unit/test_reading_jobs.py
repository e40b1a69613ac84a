from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from uuid6 import uuid7

from shared.bucket import MANIFEST
from shared.cloud import Cloud
from shared.keys import owner_of
from shared.shapes import JobKey
from tests.unit.api import ALICE, BOB, Api
from tests.unit.calls import AwsCalls
from tests.unit.things import ORDER, add_endpoint, add_job, add_model, drawn


def test_a_job_shows_what_was_ordered(api: Api, aws: Cloud) -> None:
    job = add_job(aws)
    answer = api.get(f"/jobs/{job.id}")
    assert answer.status == 200
    assert answer.body["parameters"]["prompt"] == "a cute dog"
    assert answer.body["images"] == []
    assert "owner" not in answer.body


def test_a_drawn_job_shows_its_pictures_with_links_that_open_for_an_hour(api: Api, aws: Cloud) -> None:
    job = add_job(aws)
    aws.jobs.settle(job.key, drawn(pictures=2))
    body = api.get(f"/jobs/{job.id}").body
    assert (body["status"], body["progress"]) == ("succeeded", 1.0)
    assert [image["seed"] for image in body["images"]] == [0, 1]
    link = urlsplit(body["images"][0]["url"])
    assert link.path.endswith(f"jobs/{job.owner}/{job.id}/outputs/000-0.png")
    assert parse_qs(link.query)["X-Amz-Expires"] == ["3600"]
    assert body["images"][0]["infotext"] == "a cute dog\nSteps: 20"


def test_reading_a_job_takes_one_aws_call(api: Api, aws: Cloud, aws_calls: AwsCalls) -> None:
    job = add_job(aws)
    aws.jobs.settle(job.key, drawn())
    aws_calls.clear()
    api.get(f"/jobs/{job.id}")
    assert aws_calls == ["GetItem"]


def test_long_infotexts_come_from_the_manifest(api: Api, aws: Cloud) -> None:
    manifest = drawn(pictures=100, infotext="x" * 5000)
    job = add_job(aws)
    aws.bucket.put(job.key.output(MANIFEST), manifest.model_dump_json().encode(), "application/json")
    aws.jobs.settle(job.key, manifest)
    assert api.get(f"/jobs/{job.id}").body["images"][99]["infotext"] == "x" * 5000


def size(value: Any) -> int:
    """In bytes, as DynamoDB counts (its developer guide, "item sizes and formats")."""
    ((kind, content),) = value.items()
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + size(each) for name, each in content.items())
    if kind == "L":
        return 3 + sum(1 + size(each) for each in content)
    return 2 + len(content) // 2 if kind == "N" else len(str(content).encode())


def test_a_record_stays_under_32_kb_whatever_was_ordered_and_drawn(api: Api, aws: Cloud) -> None:
    add_endpoint(aws)
    add_model(aws)
    unit = {"enabled": True, "module": "m" * 100, "hr_option": "h" * 100, "advanced_weighting": [0.123456789] * 13}
    parameters = {"prompt": "p" * 12_000, "alwayson_scripts": {"controlnet": {"args": [unit] * 10}}}
    job = api.post("/jobs", ORDER | {"parameters": parameters}).body
    aws.jobs.settle(JobKey(owner_of(ALICE), job["id"]), drawn(pictures=100, infotext="i" * 60))
    (record,) = aws.dynamodb.scan(TableName="jobs")["Items"]
    assert len(record["images"]["L"]) == 100
    assert size({"M": record}) < 32_000


@pytest.mark.parametrize("id", ["abc", "0" * 2000, str(uuid7()), str(uuid7()).upper()])
def test_a_job_that_is_not_there_is_not_found(api: Api, id: str) -> None:
    answer = api.get(f"/jobs/{id}")
    assert (answer.status, answer.body["title"]) == (404, "Not Found")


def test_another_owners_job_answers_as_one_that_is_not_there(api: Api, aws: Cloud) -> None:
    job = add_job(aws)
    answer = api.get(f"/jobs/{job.id}", key=BOB)
    assert (answer.status, answer.body["title"]) == (404, "Not Found")


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


@pytest.mark.parametrize("cursor", ["x", "YWJj=", "%00", "ä", "!!!!"])
def test_a_cursor_that_no_list_has_answered_is_refused(api: Api, cursor: str) -> None:
    answer = api.get("/jobs", cursor=cursor)
    assert (answer.status, answer.fields) == (400, ["cursor"])


@pytest.mark.parametrize("limit", ["0", "101", "many"])
def test_a_limit_out_of_bounds_is_refused(api: Api, limit: str) -> None:
    answer = api.get("/jobs", limit=limit)
    assert (answer.status, answer.fields) == (422, ["limit"])


def test_a_replaced_key_keeps_its_owners_jobs(api: Api, aws: Cloud) -> None:
    job = add_job(aws)
    replaced = ALICE[:15] + "z" * 40
    assert api.get(f"/jobs/{job.id}", key=replaced).status == 200
