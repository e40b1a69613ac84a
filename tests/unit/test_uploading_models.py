"""Models uploaded in parts, by links."""

from typing import Any
from urllib.parse import parse_qs, urlparse

import boto3
import pytest

from shared.cloud import Cloud
from shared.shapes import ModelType
from tests.model_files import LORA, safetensors
from tests.unit import bucket
from tests.unit.api import Api
from tests.unit.calls import AwsCalls, stop_after
from tests.unit.things import ORDER, add_endpoint, add_model
from tests.unit.uploads import ASKED, CONTENT, KEY, PART, begin, complete, model, numbers, send, send_all, unfinished

pytestmark = pytest.mark.usefixtures("swept")


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
    upload = api.post("/models", {"type": "lora", "name": "a.safetensors", "size": 20 * 2**30}).body["upload"]
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
        ({"name": "foo.ckpt"}, "name"),
        ({"type": "vae", "name": "foo.pt"}, "name"),
        ({"type": "hypernetwork"}, "name"),
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
        ({"name": "FOO.safetensors"}, "name"),
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
