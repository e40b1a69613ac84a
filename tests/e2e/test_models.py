"""A model's life: uploaded in parts by links, checked, drawn with, replaced, deleted; through the real gateway."""

from base64 import b64encode
from hashlib import sha256
from io import BytesIO
from typing import Any

import boto3
import httpx
import pytest
from PIL import Image

from local.cloud import Cloud
from local.furnishing import MODELS
from tests.e2e.user import User, soon
from tests.model_files import LORA, PICKLE, safetensors

PART = 5 * 2**20
SHAPES = (MODELS / "checkpoint/shapes.safetensors").read_bytes()


def begin(user: User, name: str, content: bytes, type: str = "checkpoint", **fields: Any) -> httpx.Response:
    asked = {"type": type, "name": name, "size": len(content), "part_size": PART} | fields
    return user.http.post("/models", json=asked)


def send(content: bytes, part: dict[str, Any]) -> httpx.Response:
    start = (part["number"] - 1) * PART
    return httpx.put(part["url"], content=content[start : start + part["size"]])


def upload(user: User, name: str, content: bytes, type: str = "checkpoint", **fields: Any) -> dict[str, Any]:
    """The model, once it has been checked."""
    begun = begin(user, name, content, type, **fields)
    assert begun.status_code == 201, begun.text
    for part in begun.json()["upload"]["parts"]:
        assert send(content, part).status_code == 200
    completed = user.http.post(f"/models/{type}/{name}/complete")
    assert completed.status_code == 202, completed.text
    return checked(user, completed)


def checked(user: User, completed: httpx.Response) -> dict[str, Any]:
    place = completed.url.join(completed.headers["location"])

    def look() -> dict[str, Any]:
        model: dict[str, Any] = user.http.get(place).raise_for_status().json()
        return model if model["state"] in ("active", "failed") else {}

    return soon(look)


def test_a_checkpoint_goes_up_in_parts_stops_goes_on_and_is_drawn_with(user: User) -> None:
    digest = sha256(SHAPES).hexdigest()
    begun = begin(user, "My Shapes.safetensors", SHAPES, sha256=digest).json()
    assert (begun["model"]["state"], begun["upload"]["part_count"]) == ("uploading", 2)
    first, _ = begun["upload"]["parts"]
    assert send(SHAPES, first).status_code == 200

    incomplete = user.http.post("/models/checkpoint/My Shapes/complete")
    assert incomplete.status_code == 409
    assert "1 of 2 parts are missing or not whole: 2." in incomplete.json()["detail"]
    assert user.http.post("/jobs", json=user.order("my shapes")).status_code == 422
    again = begin(user, "My Shapes.safetensors", SHAPES, sha256=digest)
    assert again.status_code == 200
    (left,) = again.json()["upload"]["parts"]
    assert left["number"] == 2

    assert send(SHAPES, left).status_code == 200
    assert begin(user, "My Shapes.safetensors", SHAPES).json()["upload"]["parts"] == []
    model = checked(user, user.http.post("/models/checkpoint/My Shapes/complete"))
    assert (model["state"], model["reason"], model["base"]) == ("active", None, "SD 1.x")
    assert (model["size"], model["sha256"], model["short_hash"]) == (len(SHAPES), digest, digest[:10])
    assert model["last_used_at"] is None
    assert user.finished(user.submit("my shapes"))["status"] == "succeeded"
    assert user.http.get("/models/checkpoint/My Shapes").json()["last_used_at"]
    assert user.http.post("/models/checkpoint/My Shapes/complete").json()["state"] == "active"


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("smile.safetensors", safetensors(LORA), "is a LoRA, not a checkpoint"),
        ("short.safetensors", SHAPES[:-1], "truncated"),
        ("pickled.safetensors", PICKLE, "a pickle that is called .safetensors"),
    ],
)
def test_what_is_no_checkpoint_fails_and_can_never_be_ordered(user: User, file: str, content: bytes, said: str) -> None:
    model = upload(user, file, content)
    assert model["state"] == "failed"
    assert said in model["reason"]
    refused = user.http.post("/jobs", json=user.order(file))
    assert refused.status_code == 422
    assert said in refused.json()["detail"]


def test_a_link_takes_nothing_but_its_own_part(user: User) -> None:
    (part,) = begin(user, "own.safetensors", PICKLE).json()["upload"]["parts"]
    assert httpx.put(part["url"].replace("own.", "other."), content=PICKLE).status_code == 403
    assert httpx.put(part["url"].replace("partNumber=1", "partNumber=2"), content=PICKLE).status_code == 403
    assert httpx.put(part["url"], content=PICKLE + b"x").status_code == 403
    assert user.http.delete("/models/checkpoint/own").status_code == 204


def test_a_model_that_is_replaced_stays_until_the_new_one_is_whole_and_is_deleted_once(
    user: User, cloud: Cloud
) -> None:
    upload(user, "twice.safetensors", SHAPES)
    refused = begin(user, "twice.safetensors", SHAPES)
    assert refused.status_code == 409
    begun = begin(user, "twice.safetensors", SHAPES, replace=True).json()
    assert begun["model"]["state"] == "active"
    assert user.finished(user.submit("twice"))["status"] == "succeeded"
    id = user.submit("twice", steps=150, width=512, height=512)
    assert user.http.delete("/models/checkpoint/twice").status_code == 409
    user.http.post(f"/jobs/{id}/cancel").raise_for_status()
    assert user.http.delete("/models/checkpoint/twice").status_code == 204
    assert user.http.get("/models/checkpoint/twice").status_code == 404
    s3, bucket = boto3.client("s3"), cloud.deployment.bucket
    assert s3.list_objects_v2(Bucket=bucket, Prefix="models/checkpoint/twice")["KeyCount"] == 0
    uploads = s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
    assert not [each for each in uploads if "twice" in each["Key"]]


def test_what_no_event_has_told_is_mended_by_night(user: User, cloud: Cloud) -> None:
    """Under the reconciler's own role, and with an upload beside the model."""
    s3, dynamodb, bucket = boto3.client("s3"), boto3.client("dynamodb"), cloud.deployment.bucket
    etag = s3.put_object(Bucket=bucket, Key="models/lora/night.safetensors", Body=safetensors(LORA))["ETag"]
    user.wait_until_listed("models", "night")
    assert begin(user, "night.safetensors", SHAPES, "lora", replace=True).status_code == 201
    (table,) = [name for name in dynamodb.list_tables()["TableNames"] if "StorageModels" in name]
    dynamodb.update_item(
        TableName=table,
        Key={"collection": {"S": "models"}, "id": {"S": "lora/night"}},
        UpdateExpression="SET etag = :other",
        ExpressionAttributeValues={":other": {"S": "other"}},
    )
    functions = boto3.client("lambda")
    names = [each["FunctionName"] for each in functions.list_functions()["Functions"]]
    (reconciler,) = [name for name in names if "FunctionsReconciler" in name]
    assert "FunctionError" not in functions.invoke(FunctionName=reconciler, Payload=b"{}")
    model = user.http.get("/models/lora/night").json()
    assert (model["etag"], model["state"], model["base"]) == (etag.strip('"'), "active", "SD 1.x")
    assert user.http.delete("/models/lora/night").status_code == 204


def test_a_picture_is_uploaded_once_and_drawn_over_in_many_jobs(user: User, cloud: Cloud) -> None:
    file = BytesIO()
    Image.effect_noise((128, 96), 80).convert("RGB").save(file, "png")
    content = file.getvalue()
    form = user.http.post("/uploads", json={"content_type": "image/png", "size": len(content)})
    assert form.status_code == 201, form.text
    link = form.json()
    files = {"file": ("picture.png", content, "image/png")}
    too_much = {"file": ("picture.png", content + b"x", "image/png")}
    assert httpx.post(link["url"], data=link["fields"], files=too_much).status_code >= 400
    assert httpx.post(link["url"], data=link["fields"], files=files).is_success
    jobs = []
    for image in (f"upload://{link['id']}", b64encode(content).decode()):
        order = user.order(init_images=[image], seed=1, width=128, height=96) | {"task": "img2img"}
        answer = user.http.post("/jobs", json=order)
        assert answer.status_code == 202, answer.text
        jobs.append(user.finished(answer.json()["id"]))
    assert [job["status"] for job in jobs] == ["succeeded"] * 2
    assert user.picture(jobs[0]) == user.picture(jobs[1])
    strange = user.order(init_images=["upload://" + "0" * 36]) | {"task": "img2img"}
    refused = user.http.post("/jobs", json=strange)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "parameters.init_images.0")
