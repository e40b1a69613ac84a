"""Pictures that are uploaded first, and that orders refer to."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import boto3
import pytest

from shared.cloud import Cloud
from shared.keys import owner_of
from shared.shapes import ModelType
from tests.unit.api import ALICE, BOB, Answer, Api
from tests.unit.calls import AwsCalls
from tests.unit.sagemaker import FakeSageMaker
from tests.unit.things import ORDER, add_endpoint, add_model, picture


@pytest.fixture(autouse=True)
def _something_to_order(aws: Cloud) -> Iterator[None]:
    add_endpoint(aws)
    add_model(aws)
    yield
    aws.bucket.delete_folder("uploads/")


def put(content: bytes, owner: str = owner_of(ALICE)) -> str:
    """Upload it as the form does; returns the id."""
    id = str(uuid4())
    boto3.client("s3").put_object(Bucket="bucket", Key=f"uploads/{owner}/{id}", Body=content)
    return id


def submit(api: Api, image: str, **parameters: Any) -> Answer:
    return api.post("/jobs", ORDER | {"task": "img2img", "parameters": {"init_images": [image], **parameters}})


def test_a_form_is_for_one_picture_of_that_size_and_type(api: Api) -> None:
    answer = api.post("/uploads", {"content_type": "image/png", "size": 5000})
    assert answer.status == 201
    fields = answer.body["fields"]
    assert fields["key"] == f"uploads/{owner_of(ALICE)}/{answer.body['id']}"
    conditions = json.loads(b64decode(fields["policy"]))["conditions"]
    assert {"Content-Type": "image/png"} in conditions
    assert ["content-length-range", 5000, 5000] in conditions
    assert {"key": fields["key"]} in conditions


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"content_type": "image/gif"}, "content_type"),
        ({"size": 0}, "size"),
        ({"size": 25_000_001}, "size"),
        ({"sice": 5}, "sice"),
    ],
)
def test_another_type_or_size_is_refused(api: Api, fields: dict[str, Any], field: str) -> None:
    answer = api.post("/uploads", {"content_type": "image/png", "size": 5000} | fields)
    assert (answer.status, answer.fields) == (422, [field])


def test_an_uploaded_picture_is_copied_to_the_jobs_inputs_unread(
    api: Api, aws: Cloud, sagemaker: FakeSageMaker, aws_calls: AwsCalls
) -> None:
    content = b64decode(picture("JPEG", width=512))
    id = put(content)
    del aws_calls[:]
    answer = submit(api, f"upload://{id}")
    assert answer.status == 202
    assert aws_calls == ["BatchGetItem", "GetObject", "CopyObject", "PutItem", "InvokeEndpointAsync"]
    (name,) = answer.body["parameters"]["init_images"]
    assert name == f"{id}.jpg"
    copied = boto3.client("s3").get_object(Bucket="bucket", Key=f"jobs/{'a' * 12}/{answer.body['id']}/inputs/{name}")
    assert (copied["Body"].read(), copied["ContentType"]) == (content, "image/jpeg")


def test_masks_and_units_may_be_uploaded_too(api: Api, aws: Cloud) -> None:
    add_model(aws, "canny", ModelType.CONTROLNET)
    image = f"upload://{put(b64decode(picture()))}"
    unit = {"enabled": True, "model": "canny", "image": image, "mask": image}
    answer = submit(api, image, mask=image, alwayson_scripts={"controlnet": {"args": [unit]}})
    assert answer.status == 202, answer.body
    kept = answer.body["parameters"]
    (moved,) = kept["alwayson_scripts"]["controlnet"]["args"]
    assert {kept["mask"], *kept["init_images"], moved["image"], moved["mask"]} == {f"{image[9:]}.png"}


def test_what_is_not_the_callers_own_is_not_there(api: Api) -> None:
    foreign = put(b64decode(picture()), owner_of(BOB))
    for id in (foreign, str(uuid4()), "", "x", f"../{owner_of(BOB)}/{foreign}", "-" * 36):
        answer = submit(api, f"upload://{id}")
        assert (answer.status, answer.fields) == (422, ["parameters.init_images.0"])
        assert "There is no upload" in answer.body["detail"]


@pytest.mark.parametrize("content", [b"no picture", b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"RIFF" + b"\0" * 40])
def test_what_is_no_picture_is_refused(api: Api, content: bytes) -> None:
    for image in (f"upload://{put(content)}", b64encode(content).decode()):
        answer = submit(api, image)
        assert (answer.status, answer.fields) == (422, ["parameters.init_images.0"])


def test_a_picture_that_is_too_large_to_draw_from_is_refused(api: Api) -> None:
    answer = submit(api, f"upload://{put(b64decode(picture(width=5000)))}")
    assert (answer.status, answer.fields) == (422, ["parameters.init_images.0"])
    assert "5000x32" in answer.body["detail"]


def test_a_picture_that_is_taken_away_while_it_is_looked_at_is_refused(
    api: Api, aws: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = put(b64decode(picture()))
    really = aws.bucket.read

    def taken_away(key: str, *more: Any) -> Any:
        found = really(key, *more)
        aws.bucket.delete(key)
        return found

    monkeypatch.setattr(aws.bucket, "read", taken_away)
    assert submit(api, f"upload://{id}").fields == ["parameters.init_images.0"]
