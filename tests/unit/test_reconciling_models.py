"""What events have missed is mended by night."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from lambdas.models.reconciler import handler
from shared.cloud import Cloud
from shared.shapes import ModelState, ModelType, now
from shared.tables.models import Upload
from tests.model_files import LORA, PICKLE, safetensors
from tests.unit import bucket
from tests.unit.api import Api
from tests.unit.calls import AwsCalls, stop_after
from tests.unit.things import add_model

pytestmark = pytest.mark.usefixtures("swept")

KEY = "models/lora/one.safetensors"


def reconcile(milliseconds: int = 900_000) -> None:
    context = SimpleNamespace(
        function_name="reconciler",
        memory_limit_in_mb=2048,
        invoked_function_arn="arn",
        aws_request_id="request",
        get_remaining_time_in_millis=lambda: milliseconds,
    )
    handler({}, context)


def listed(api: Api) -> dict[str, str]:
    return {each["name"]: each["state"] for each in api.get("/models").body["models"]}


def test_files_appear_and_disappear_without_any_event(api: Api, aws: Cloud) -> None:
    add_model(aws, "gone", ModelType.LORA)
    bucket.put(KEY, safetensors(LORA))
    bucket.put("models/lora/bad.ckpt", PICKLE)
    bucket.put("models/lora/note.txt")
    reconcile()
    assert listed(api) == {"one": "active", "bad": "failed"}


def test_a_file_that_was_replaced_is_checked_anew(api: Api) -> None:
    bucket.put(KEY, PICKLE)
    bucket.tell(KEY)
    bucket.put(KEY, safetensors(LORA))
    reconcile()
    assert listed(api) == {"one": "active"}


def test_what_waits_for_its_check_is_checked(api: Api, aws: Cloud) -> None:
    bucket.put(KEY, safetensors(LORA))
    add_model(aws, "one", ModelType.LORA, state=ModelState.CHECKING)
    reconcile()
    assert listed(api) == {"one": "active"}


def test_records_from_before_files_were_checked_get_what_is_new(api: Api, aws: Cloud) -> None:
    bucket.put(KEY, safetensors(LORA))
    etag = boto3.client("s3").head_object(Bucket="bucket", Key=KEY)["ETag"].strip('"')
    add_model(aws, "one", ModelType.LORA, etag=etag)
    reconcile()
    assert api.get("/models/lora/one").body["base"] == "SD 1.x"


def test_what_is_as_it_should_be_costs_a_list_and_a_query(api: Api, aws_calls: AwsCalls) -> None:
    for number in range(5):
        bucket.put(f"models/lora/{number}.safetensors", safetensors(LORA))
    reconcile()
    assert len(listed(api)) == 5
    del aws_calls[:]
    reconcile()
    assert aws_calls == ["ListObjectsV2", "Query"]


def test_an_upload_under_way_stays_and_one_that_was_thrown_away_goes(api: Api, aws: Cloud) -> None:
    api.post("/models", {"type": "lora", "name": "new.safetensors", "size": 5000})
    upload = Upload(
        id="lost", key="models/lora/old.pt", size=5000, part_size=5000, started_at=now() - timedelta(days=3)
    )
    add_model(aws, "old", ModelType.LORA, state=ModelState.UPLOADING, upload=upload)
    begun = upload.model_copy(update={"id": None, "key": "models/lora/never.pt"})
    add_model(aws, "never", ModelType.LORA, state=ModelState.UPLOADING, upload=begun)
    reconcile()
    assert listed(api) == {"new": "uploading"}
    api.delete("/models/lora/new")


def test_a_replacement_that_was_thrown_away_leaves_the_model(api: Api, aws: Cloud) -> None:
    bucket.put(KEY, safetensors(LORA))
    bucket.tell(KEY)
    seen = aws.models.get(ModelType.LORA, "one")
    assert seen
    upload = Upload(id="lost", key=KEY, size=5000, part_size=5000, started_at=now() - timedelta(days=3))
    aws.models.write(seen.model_copy(update={"upload": upload}), seen)
    reconcile()
    assert listed(api) == {"one": "active"}
    begun = {"type": "lora", "name": "one.safetensors", "size": 7000}
    assert api.post("/models", begun).status == 409
    assert api.post("/models", begun | {"replace": True}).status == 201
    api.delete("/models/lora/one")


def test_one_file_that_cannot_be_looked_at_keeps_no_other_from_its_turn(
    api: Api, aws: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        bucket.put(f"models/lora/{name}.safetensors", safetensors(LORA))
    really = aws.bucket.head

    def broken(key: str) -> Any:
        if "b.saf" in key:
            raise OSError("broken")
        return really(key)

    monkeypatch.setattr(aws.bucket, "head", broken)
    with pytest.raises(RuntimeError, match="1 models"):
        reconcile()
    assert listed(api) == {"a": "active", "c": "active"}


def test_without_time_left_the_rest_waits_for_the_next_night(api: Api) -> None:
    bucket.put(KEY, safetensors(LORA))
    reconcile(milliseconds=1000)
    assert listed(api) == {}
    reconcile()
    assert listed(api) == {"one": "active"}


@pytest.mark.parametrize("calls", range(6))
def test_a_run_that_is_stopped_halfway_is_finished_by_the_next(api: Api, calls: int) -> None:
    bucket.put(KEY, safetensors(LORA))
    stop_after(calls, reconcile)
    reconcile()
    assert listed(api) == {"one": "active"}
