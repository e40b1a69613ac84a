"""Models deleted: with their files, and not while a job uses them."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from lambdas.models import refreshing
from lambdas.models.files import Place
from shared.cloud import Cloud
from shared.parameters import Txt2ImgParameters
from shared.shapes import ExtraNetworks, ModelType, Status
from tests.model_files import CHECKPOINT, safetensors
from tests.unit import bucket
from tests.unit.api import Api
from tests.unit.calls import AwsCalls, stop_after
from tests.unit.things import add_endpoint, add_job, add_model

KEY = "models/checkpoint/foo.safetensors"
UPLOAD = {"type": "checkpoint", "name": "foo.safetensors", "size": 5000}


@pytest.fixture(autouse=True)
def _nothing_is_left(aws: Cloud) -> Iterator[None]:
    add_endpoint(aws)
    yield
    bucket.empty()


def put(key: str = KEY) -> None:
    bucket.put(key, safetensors(CHECKPOINT))
    bucket.tell(key)


def unfinished() -> list[Any]:
    return [*boto3.client("s3").list_multipart_uploads(Bucket="bucket").get("Uploads", [])]


def test_a_model_goes_with_its_file(api: Api) -> None:
    put()
    assert api.delete("/models/checkpoint/Foo").status == 204
    assert bucket.listed() == []
    assert api.get("/models/checkpoint/foo").status == 404
    bucket.tell(KEY)  # a late event, of its removal
    assert api.delete("/models/checkpoint/foo").status == 404


def test_a_file_of_the_same_stem_goes_with_it_and_no_other(api: Api) -> None:
    for key in ("models/checkpoint/fOO.ckpt", "models/checkpoint/foot.ckpt", "models/checkpoint/foo.png"):
        bucket.put(key)
    put()
    api.delete("/models/checkpoint/foo")
    assert bucket.listed() == ["models/checkpoint/foo.png", "models/checkpoint/foot.ckpt"]


def test_an_upload_that_is_unfinished_is_thrown_away(api: Api) -> None:
    api.post("/models", UPLOAD)
    assert len(unfinished()) == 1
    assert api.delete("/models/checkpoint/foo").status == 204
    assert unfinished() == []
    assert api.post("/models", UPLOAD | {"size": 6000}).status == 201
    api.delete("/models/checkpoint/foo")


def test_a_model_that_a_job_uses_is_deleted_only_by_force(api: Api, aws: Cloud) -> None:
    put()
    job = add_job(aws, checkpoint="Foo")
    answer = api.delete("/models/checkpoint/foo")
    assert answer.status == 409
    assert "?force=true" in answer.body["detail"]
    assert job.id not in answer.body["detail"]  # it may be another owner's
    assert api.delete("/models/checkpoint/foo", force="true").status == 204


def test_however_many_jobs_are_not_done_they_are_read_by_a_hundred(api: Api, aws: Cloud, aws_calls: AwsCalls) -> None:
    put()
    for _ in range(100):
        add_job(aws, checkpoint="another")
    add_job(aws, checkpoint="foo")
    aws_calls.clear()
    assert api.delete("/models/checkpoint/foo").status == 409
    assert aws_calls == ["GetItem", "Query", "Query", "BatchGetItem", "BatchGetItem"]


def test_a_job_that_is_done_keeps_no_model(api: Api, aws: Cloud) -> None:
    put()
    job = add_job(aws, checkpoint="foo")
    aws.jobs.cancel(job.key)
    assert api.delete("/models/checkpoint/foo").status == 204


PARAMETERS: dict[str, Any] = {
    "prompt": "a dog <lora:Smile:1>",
    "enable_hr": True,
    "hr_prompt": "a dog <hypernet:anime:1>",
    "override_settings": {"sd_vae": "blessed"},
    "alwayson_scripts": {
        "controlnet": {"args": [{"enabled": True, "model": "pose [cab727d4]", "module": "openpose", "image": "a.png"}]}
    },
}


@pytest.mark.parametrize(
    ("type", "name"),
    [
        (ModelType.LORA, "smile"),
        (ModelType.HYPERNETWORK, "anime"),
        (ModelType.VAE, "Blessed"),
        (ModelType.CONTROLNET, "pose"),
        (ModelType.DETECTOR, "body_pose_model"),
        (ModelType.TEXTUAL_INVERSION, "easynegative"),
    ],
)
def test_a_job_uses_every_model_that_it_names(api: Api, aws: Cloud, type: ModelType, name: str) -> None:
    add_model(aws, name, type)
    parameters = Txt2ImgParameters.model_validate(PARAMETERS)
    add_job(aws, parameters=parameters, extra_networks=ExtraNetworks(textual_inversion=["EasyNegative"]))
    assert api.delete(f"/models/{type}/{name}").status == 409


KEYPOINTS = {"canvas_width": 64, "canvas_height": 64, "people": []}
POSED = {"enabled": True, "model": "pose", "module": "openpose", "keypoints": KEYPOINTS}


@pytest.mark.parametrize(
    ("type", "name", "change"),
    [
        (ModelType.LORA, "smile", {"disable_extra_networks": True}),
        (ModelType.HYPERNETWORK, "anime", {"enable_hr": False}),
        (ModelType.DETECTOR, "body_pose_model", {"alwayson_scripts": {"controlnet": {"args": [POSED]}}}),
    ],
)
def test_a_model_that_a_job_names_and_does_not_use_is_free(
    api: Api, aws: Cloud, type: ModelType, name: str, change: dict[str, Any]
) -> None:
    add_model(aws, name, type)
    add_job(aws, parameters=Txt2ImgParameters.model_validate(PARAMETERS | change))
    assert api.delete(f"/models/{type}/{name}").status == 204


def test_a_detector_is_free_where_a_job_has_one_of_its_own(api: Api, aws: Cloud) -> None:
    for name in ("body_pose_model", "own"):
        add_model(aws, name, ModelType.DETECTOR)
    parameters = Txt2ImgParameters.model_validate(PARAMETERS)
    add_job(aws, parameters=parameters, extra_networks=ExtraNetworks(detector=["own"]))
    assert api.delete("/models/detector/own").status == 409
    assert api.delete("/models/detector/body_pose_model").status == 204


def test_a_model_that_no_job_names_is_free(api: Api, aws: Cloud) -> None:
    put()
    add_job(aws, parameters=Txt2ImgParameters(prompt="<lora:foo:1>"))
    assert api.delete("/models/checkpoint/foo").status == 204


@pytest.mark.parametrize("calls", range(5))
def test_a_deletion_that_is_stopped_halfway_is_made_by_the_same_again(api: Api, calls: int) -> None:
    put()
    stop_after(calls, lambda: api.delete("/models/checkpoint/foo"))
    if calls < 4:
        assert api.delete("/models/checkpoint/foo").status == 204
    else:
        bucket.tell(KEY)  # the event of its file, which is gone
    assert (bucket.listed(), api.get("/models/checkpoint/foo").status) == ([], 404)


def test_what_changes_while_it_is_deleted_is_deleted_all_the_same(
    api: Api, aws: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    put()
    really = aws.bucket.delete

    def told(key: str) -> None:
        really(key)
        bucket.tell(key)

    monkeypatch.setattr(aws.bucket, "delete", told)
    assert api.delete("/models/checkpoint/foo").status == 204


def test_who_is_always_overtaken_is_told_so(api: Api, aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    put()
    monkeypatch.setattr(aws.models, "forget", lambda _: False)
    assert api.delete("/models/checkpoint/foo").status == 409
    with pytest.raises(RuntimeError, match="written by others"):
        refreshing.refresh(Place(ModelType.CHECKPOINT, "foo"), KEY, aws)


def test_an_unfinished_job_that_ends_meanwhile_is_none(api: Api, aws: Cloud) -> None:
    put()
    job = add_job(aws, checkpoint="foo")
    aws.jobs.refuse(job.key, "no")
    found = aws.jobs.get(job.key)
    assert found
    assert found.status is Status.FAILED
    assert api.delete("/models/checkpoint/foo").status == 204
