import json
from types import SimpleNamespace

import boto3
import pytest

from lambdas.models.changed import handler
from shared.cloud import Cloud
from shared.shapes import ModelType
from tests.conftest import EVENTS
from tests.unit.api import Api
from tests.unit.calls import AwsCalls
from tests.unit.things import add_model

CONTEXT = SimpleNamespace(
    function_name="changed", memory_limit_in_mb=1024, invoked_function_arn="arn", aws_request_id="request"
)


def put(key: str, body: bytes = b"model") -> None:
    boto3.client("s3").put_object(Bucket="bucket", Key=key, Body=body)


def delete(key: str) -> None:
    boto3.client("s3").delete_object(Bucket="bucket", Key=key)


def tell(key: str) -> None:
    event = json.loads((EVENTS / "s3-object.json").read_text())
    event["detail"]["object"]["key"] = key
    handler(event, CONTEXT)


def names(api: Api) -> list[str]:
    return [model["name"] for model in api.get("/models").body["models"]]


def test_a_file_put_into_the_bucket_appears_as_a_model(api: Api) -> None:
    put("models/lora/Pixel Art.safetensors", b"12345")
    tell("models/lora/Pixel Art.safetensors")
    (model,) = api.get("/models").body["models"]
    assert (model["type"], model["name"], model["size"]) == ("lora", "Pixel Art", 5)
    delete("models/lora/Pixel Art.safetensors")


@pytest.mark.parametrize("file", ["one.safetensors", "One.CKPT", "one.pt.safetensors", "one.vae.pt"])
def test_a_file_taken_out_of_the_bucket_disappears(api: Api, file: str) -> None:
    put(f"models/vae/{file}")
    tell(f"models/vae/{file}")
    assert len(names(api)) == 1
    delete(f"models/vae/{file}")
    tell(f"models/vae/{file}")
    assert names(api) == []


@pytest.mark.parametrize("beside", ["one.yaml", "one.png", "one.preview.png", "one.civitai.info", "one"])
def test_what_lies_beside_a_model_does_not_take_its_place(api: Api, beside: str) -> None:
    for key in ("models/vae/one.safetensors", f"models/vae/{beside}"):
        put(key)
        tell(key)
    (model,) = api.get("/models").body["models"]
    assert model["key"] == "models/vae/one.safetensors"
    for key in ("models/vae/one.safetensors", f"models/vae/{beside}"):
        delete(key)


def test_events_that_come_in_the_wrong_order_leave_what_is_there(api: Api) -> None:
    """Removed and put again, told the other way round: the last event speaks of the removal."""
    put("models/vae/one.safetensors")
    tell("models/vae/one.safetensors")
    tell("models/vae/one.safetensors")
    assert names(api) == ["one"]
    delete("models/vae/one.safetensors")


def test_removing_one_file_of_a_stem_keeps_the_other(api: Api) -> None:
    put("models/vae/one.safetensors")
    tell("models/vae/one.ckpt")  # never was there, or is gone
    tell("models/vae/one.safetensors")
    tell("models/vae/one.ckpt")
    assert names(api) == ["one"]
    delete("models/vae/one.safetensors")


@pytest.mark.parametrize("key", ["models/lora/", "models/pictures/x.png", "models/x", "models/lora/folder/x.pt"])
def test_what_is_no_model_is_passed_over(api: Api, key: str) -> None:
    put(key)
    tell(key)
    assert names(api) == []
    delete(key)


def test_models_are_listed_by_type_and_name(api: Api, aws: Cloud) -> None:
    add_model(aws, "b", ModelType.LORA)
    add_model(aws, "a", ModelType.LORA)
    add_model(aws, "c", ModelType.CHECKPOINT)
    assert names(api) == ["c", "a", "b"]
    assert [model["name"] for model in api.get("/models", type="lora").body["models"]] == ["a", "b"]


def test_a_list_takes_one_aws_call(api: Api, aws_calls: AwsCalls) -> None:
    api.get("/models", type="lora")
    assert aws_calls == ["Query"]


def test_models_are_paged_without_gaps_or_doubles(api: Api, aws: Cloud) -> None:
    for name in "abcde":
        add_model(aws, name)
    first = api.get("/models", limit="3", type="checkpoint").body
    second = api.get("/models", limit="3", type="checkpoint", cursor=first["next_cursor"]).body
    assert [model["name"] for model in first["models"] + second["models"]] == list("abcde")
    assert second["next_cursor"] is None


def test_a_cursor_of_another_list_is_refused(api: Api, aws: Cloud) -> None:
    add_model(aws, "a", ModelType.LORA)
    add_model(aws, "b", ModelType.LORA)
    cursor = api.get("/models", limit="1", type="lora").body["next_cursor"]
    assert api.get("/models", type="vae", cursor=cursor).status == 400


def test_an_unknown_type_is_refused_with_those_there_are(api: Api) -> None:
    answer = api.get("/models", type="picture")
    assert (answer.status, answer.fields) == (422, ["type"])
    assert "'hypernetwork'" in answer.body["detail"]
