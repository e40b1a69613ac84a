"""One model on its way up, in two parts."""

from typing import Any
from urllib.parse import parse_qs, unquote, urlparse

import boto3

from tests.model_files import CHECKPOINT, safetensors
from tests.unit import bucket
from tests.unit.api import Answer, Api

PART = 5 * 2**20
CONTENT = safetensors(CHECKPOINT | {"first_stage_model.x": [PART // 2 + 10]})  # two parts
ASKED: dict[str, Any] = {"type": "checkpoint", "name": "Foo.safetensors", "size": len(CONTENT), "part_size": PART}
KEY = "models/checkpoint/Foo.safetensors"


def unfinished() -> list[Any]:
    return [*boto3.client("s3").list_multipart_uploads(Bucket="bucket").get("Uploads", [])]


def begin(api: Api, **fields: Any) -> Answer:
    return api.post("/models", ASKED | fields)


def numbers(answer: Answer) -> list[int]:
    return [part["number"] for part in answer.body["upload"]["parts"]]


def send(part: dict[str, Any], content: bytes = CONTENT) -> None:
    """Upload a part as its link says."""
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


def sweep() -> None:
    """Abort every upload that is not complete, and empty the bucket."""
    for each in unfinished():
        boto3.client("s3").abort_multipart_upload(Bucket="bucket", Key=each["Key"], UploadId=each["UploadId"])
    bucket.empty()
