"""Models that are replaced by another file, and what becomes of the old one."""

from datetime import timedelta
from typing import Any

import pytest

from lambdas.models.reconciler import reconcile
from shared.cloud import Cloud
from shared.shapes import ModelType, now
from tests.model_files import CHECKPOINT, PICKLE, safetensors
from tests.unit import bucket
from tests.unit.api import Api
from tests.unit.calls import stop_after
from tests.unit.uploads import CONTENT, KEY, begin, complete, model, numbers, send_all, unfinished

pytestmark = pytest.mark.usefixtures("swept")


def test_the_event_may_be_faster_than_the_answer(api: Api, aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also if a file of another extension is replaced."""
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
    bucket.tell("models/checkpoint/foo.ckpt")  # a late duplicate
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


@pytest.mark.parametrize("told_first", [True, False])
@pytest.mark.parametrize("calls", range(6))
def test_a_completion_that_is_stopped_halfway_goes_on_with_the_same_again(
    api: Api, calls: int, told_first: bool
) -> None:
    """If a file of another extension is replaced; its event may come before the second try or after it."""
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
    """If the completion of the upload was stopped, and never asked for again."""
    bucket.put("models/checkpoint/foo.pt", safetensors(CHECKPOINT))
    bucket.tell("models/checkpoint/foo.pt")
    send_all(begin(api, replace=True))
    stop_after(calls, lambda: complete(api))
    if calls < 4:
        bucket.tell(KEY)
    else:  # by then it is recorded that there is something to be removed
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
