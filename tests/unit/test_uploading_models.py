"""Models uploaded in parts, by links."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlparse

import boto3
import pytest

from lambdas.models.reconciler import reconcile
from shared.cloud import Cloud
from shared.shapes import ModelType, now
from tests.model_files import CHECKPOINT, LORA, PICKLE, safetensors
from tests.unit import bucket
from tests.unit.api import Answer, Api
from tests.unit.calls import AwsCalls, stop_after
from tests.unit.things import ORDER, add_endpoint, add_model

PART = 5 * 2**20
CONTENT = safetensors(CHECKPOINT | {"first_stage_model.x": [PART // 2 + 10]})  # two parts
ASKED: dict[str, Any] = {"type": "checkpoint", "name": "Foo.safetensors", "size": len(CONTENT), "part_size": PART}
KEY = "models/checkpoint/Foo.safetensors"


@pytest.fixture(autouse=True)
def _nothing_is_left(aws: Cloud) -> Iterator[None]:
    yield
    s3 = boto3.client("s3")
    for each in unfinished():
        s3.abort_multipart_upload(Bucket="bucket", Key=each["Key"], UploadId=each["UploadId"])
    bucket.empty()


def unfinished() -> list[Any]:
    return [*boto3.client("s3").list_multipart_uploads(Bucket="bucket").get("Uploads", [])]


def begin(api: Api, **fields: Any) -> Answer:
    return api.post("/models", ASKED | fields)


def numbers(answer: Answer) -> list[int]:
    return [part["number"] for part in answer.body["upload"]["parts"]]


def send(part: dict[str, Any], content: bytes = CONTENT) -> None:
    """As its link says."""
    address = urlparse(part["url"])
    query = parse_qs(address.query)
    start = (part["number"] - 1) * PART
    boto3.client("s3").upload_part(
        Bucket="bucket",
        Key=unquote(address.path).lstrip("/"),
        UploadId=query["uploadId"][0],
        PartNumber=int(query["partNumber"][0]),
        Body=content[start : start + part["size"]],
    )


def send_all(answer: Answer, content: bytes = CONTENT) -> None:
    for part in answer.body["upload"]["parts"]:
        send(part, content)


def complete(api: Api) -> Answer:
    return api.post("/models/checkpoint/foo/complete")


def model(api: Api) -> dict[str, Any]:
    found: dict[str, Any] = api.get("/models/checkpoint/foo").body
    return found


def test_an_upload_becomes_a_model_that_can_be_ordered(api: Api, aws: Cloud) -> None:
    begun = begin(api, sha256="AB" * 32)
    assert (begun.status, begun.body["model"]["state"], begun.body["upload"]["part_count"]) == (201, "uploading", 2)
    assert [part["size"] for part in begun.body["upload"]["parts"]] == [PART, len(CONTENT) - PART]
    send_all(begun)
    completed = complete(api)
    assert (completed.status, completed.body["state"], completed.headers["Location"]) == (202, "checking", ["../Foo"])
    bucket.tell(KEY)
    found = model(api)
    assert (found["state"], found["name"], found["base"]) == ("active", "Foo", "SD 1.x")
    assert (found["sha256"], found["short_hash"]) == ("ab" * 32, "ab" * 5)
    add_endpoint(aws)
    assert api.post("/jobs", ORDER | {"checkpoint": "foo"}).status == 202


def test_a_link_is_of_one_part_of_that_size_and_short_lived(api: Api) -> None:
    (part, _) = begin(api).body["upload"]["parts"]
    query = parse_qs(urlparse(part["url"]).query)
    assert query["partNumber"] == ["1"]
    assert query["X-Amz-Expires"] == ["3600"]
    assert query["X-Amz-SignedHeaders"] == ["content-length;host"]


def test_the_same_again_has_links_for_what_is_missing_or_not_whole(api: Api) -> None:
    begun = begin(api)
    first, second = begun.body["upload"]["parts"]
    send(first)
    send(second, CONTENT[:-1])
    again = begin(api)
    assert (again.status, numbers(again)) == (200, [2])
    send_all(again)
    assert numbers(begin(api)) == []
    assert len(unfinished()) == 1


def test_without_a_part_size_the_upload_goes_on_as_it_was_begun(api: Api) -> None:
    begin(api)
    again = api.post("/models", {name: value for name, value in ASKED.items() if name != "part_size"})
    assert (again.status, again.body["upload"]["part_size"]) == (200, PART)


def test_an_answer_has_five_hundred_links_at_the_most(api: Api) -> None:
    size = 501 * PART
    begun = begin(api, size=size)
    assert (begun.body["upload"]["part_count"], numbers(begun)[-1]) == (501, 500)


def test_twenty_gigabytes_fit_by_parts_of_the_usual_size(api: Api) -> None:
    upload = api.post("/models", {"type": "lora", "name": "a.pt", "size": 20 * 2**30}).body["upload"]
    assert (upload["part_size"], upload["part_count"]) == (64 * 2**20, 320)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"size": 63}, "size"),
        ({"size": 20 * 2**30 + 1}, "size"),
        ({"part_size": PART - 1}, "part_size"),
        ({"part_size": 5 * 2**30 + 1}, "part_size"),
        ({"sha256": "abc"}, "sha256"),
        ({"type": "loras"}, "type"),
        ({"name": "foo"}, "name"),
        ({"name": "a/b.pt"}, "name"),
        ({"name": ".pt"}, "name"),
        ({"name": "a\n.pt"}, "name"),
        ({"name": "x" * 198 + ".pt"}, "name"),
        ({"sice": 5}, "sice"),
    ],
)
def test_what_is_no_model_is_refused_by_name(api: Api, fields: dict[str, Any], field: str) -> None:
    answer = begin(api, **fields)
    assert (answer.status, answer.fields) == (422, [field])


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"size": len(CONTENT) + 1}, "size"),
        ({"part_size": 2 * PART}, "part_size"),
        ({"name": "foo.ckpt"}, "name"),
        ({"sha256": "0" * 64}, "sha256"),
    ],
)
def test_another_file_is_refused_while_an_upload_is_unfinished(api: Api, fields: dict[str, Any], field: str) -> None:
    begin(api)
    answer = begin(api, **fields)
    assert (answer.status, answer.fields) == (409, [field])
    assert "DELETE it first" in answer.body["detail"]


def test_an_upload_is_complete_only_with_all_its_parts(api: Api) -> None:
    begun = begin(api)
    send(begun.body["upload"]["parts"][1])
    answer = complete(api)
    assert answer.status == 409
    assert "1 of 2 parts are missing or not whole: 1." in answer.body["detail"]
    assert model(api)["state"] == "uploading"


def test_completing_twice_is_completing_once(api: Api) -> None:
    send_all(begin(api))
    assert complete(api).body["state"] == "checking"
    bucket.tell(KEY)
    assert complete(api).body["state"] == "active"


def test_a_file_whose_event_is_missing_is_checked_when_it_is_completed_again(api: Api) -> None:
    send_all(begin(api, sha256="0" * 64))
    assert complete(api).body["state"] == "checking"
    answer = complete(api)
    assert (answer.status, answer.body["state"], answer.body["sha256"]) == (202, "active", "0" * 64)
    assert model(api) == answer.body


def test_the_event_may_be_faster_than_the_answer(api: Api, aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a file of another ending is replaced."""
    bucket.put("models/checkpoint/foo.pt", PICKLE)
    bucket.tell("models/checkpoint/foo.pt")
    send_all(begin(api, sha256="0" * 64))
    really = aws.multipart.complete

    def told(*upload: Any) -> None:
        really(*upload)
        bucket.tell(KEY)

    monkeypatch.setattr(aws.multipart, "complete", told)
    answer = complete(api)
    assert (answer.status, answer.body["state"], answer.body["sha256"]) == (202, "active", "0" * 64)
    assert bucket.listed() == [KEY]


def test_a_model_is_replaced_only_where_asked_and_stays_until_then(api: Api) -> None:
    bucket.put(KEY, safetensors(CHECKPOINT))
    bucket.tell(KEY)
    before = model(api)
    assert begin(api).fields == ["name"]
    begun = begin(api, replace=True)
    assert (begun.status, model(api)) == (201, before)
    bucket.tell(KEY)
    assert model(api) == before
    send_all(begun)
    complete(api)
    assert model(api)["state"] == "checking"
    bucket.tell(KEY)
    after = model(api)
    assert (after["state"], after["size"], after["created_at"]) == ("active", len(CONTENT), before["created_at"])


def test_what_has_failed_is_uploaded_anew_without_more_ado(api: Api) -> None:
    bucket.put("models/checkpoint/foo.ckpt", PICKLE)
    bucket.tell("models/checkpoint/foo.ckpt")
    assert model(api)["state"] == "failed"
    begun = begin(api)
    assert (begun.status, begun.body["model"]["state"], begun.body["model"]["reason"]) == (201, "uploading", None)
    bucket.tell("models/checkpoint/foo.ckpt")  # a late double
    assert model(api)["state"] == "uploading"
    send_all(begun)
    complete(api)
    bucket.tell(KEY)
    bucket.tell("models/checkpoint/foo.ckpt")  # its removal
    assert (model(api)["state"], bucket.listed()) == ("active", [KEY])


def test_a_file_that_is_taken_away_while_it_is_replaced_leaves_the_upload(api: Api) -> None:
    bucket.put(KEY, safetensors(CHECKPOINT))
    bucket.tell(KEY)
    begun = begin(api, replace=True)
    bucket.delete(KEY)
    bucket.tell(KEY)
    assert model(api)["state"] == "uploading"
    send_all(begun)
    assert complete(api).status == 202


def test_an_upload_that_was_thrown_away_begins_anew(api: Api) -> None:
    begin(api)
    (lost,) = unfinished()
    boto3.client("s3").abort_multipart_upload(Bucket="bucket", Key=KEY, UploadId=lost["UploadId"])
    refused = complete(api)
    assert refused.status == 409
    assert "begins it anew" in refused.body["detail"]
    assert numbers(begin(api)) == [1, 2]


@pytest.mark.parametrize("calls", range(4))
def test_a_beginning_that_is_stopped_halfway_goes_on_with_the_same_again(
    api: Api, aws_calls: AwsCalls, calls: int
) -> None:
    stop_after(calls, lambda: begin(api))
    send_all(begin(api))
    assert complete(api).body["state"] == "checking"


@pytest.mark.parametrize("told_first", [True, False])
@pytest.mark.parametrize("calls", range(6))
def test_a_completion_that_is_stopped_halfway_goes_on_with_the_same_again(
    api: Api, calls: int, told_first: bool
) -> None:
    """Where a file of another ending is replaced; its event may come before the second try or behind it."""
    bucket.put("models/checkpoint/foo.pt", safetensors(CHECKPOINT))
    bucket.tell("models/checkpoint/foo.pt")
    send_all(begin(api, replace=True, sha256="0" * 64))
    stop_after(calls, lambda: complete(api))
    if told_first:
        bucket.tell(KEY)
    assert complete(api).status == 202
    bucket.tell(KEY)
    found = model(api)
    assert (found["state"], found["key"], found["sha256"]) == ("active", KEY, "0" * 64)
    assert bucket.listed() == [KEY]
    assert numbers(begin(api, replace=True)) == [1, 2]


@pytest.mark.parametrize("calls", range(6))
def test_what_was_replaced_goes_with_the_next_event_or_by_night(api: Api, aws: Cloud, calls: int) -> None:
    """Where whoever completed the upload was stopped, and never asked again."""
    bucket.put("models/checkpoint/foo.pt", safetensors(CHECKPOINT))
    bucket.tell("models/checkpoint/foo.pt")
    send_all(begin(api, replace=True))
    stop_after(calls, lambda: complete(api))
    if calls < 4:
        bucket.tell(KEY)
    else:  # it is written by then that there is something to be removed
        reconcile(aws, lambda: 10**6)
    assert len(bucket.listed()) == 1
    assert model(api)["key"] == bucket.listed()[0]


def test_the_same_content_again_is_completed_though_its_first_completion_was_stopped(api: Api, aws: Cloud) -> None:
    send_all(begin(api))
    complete(api)
    bucket.tell(KEY)
    seen = aws.models.get(ModelType.CHECKPOINT, "foo")
    assert seen
    aws.models.write(seen.model_copy(update={"updated_at": now() - timedelta(hours=1)}), seen)  # S3 counts in seconds
    send_all(begin(api, replace=True))
    stop_after(3, lambda: complete(api))
    assert unfinished() == []
    assert complete(api).status == 202


def test_two_who_begin_at_once_share_one_upload(api: Api, aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    really, others = aws.multipart.begin, []

    def begun_by_another(key: str) -> str:
        monkeypatch.setattr(aws.multipart, "begin", really)
        others.append(begin(api))
        return really(key)

    monkeypatch.setattr(aws.multipart, "begin", begun_by_another)
    answer = begin(api)
    assert answer.status == 409
    assert "send the same again" in answer.body["detail"]
    send_all(others[0])
    assert numbers(begin(api)) == []


def test_the_same_name_of_another_type_is_another_model(api: Api, aws: Cloud) -> None:
    add_model(aws, "foo", ModelType.LORA)
    assert begin(api).status == 201
    assert api.post("/models", {"type": "lora", "name": "FOO.pt", "size": len(safetensors(LORA))}).status in (409, 422)
