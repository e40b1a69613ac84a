"""Files under `models/` in the bucket, and S3's events about them."""

import json
from types import SimpleNamespace

import boto3

from lambdas.models.changed import handler
from tests.conftest import EVENTS

CONTEXT = SimpleNamespace(
    function_name="changed", memory_limit_in_mb=1024, invoked_function_arn="arn", aws_request_id="request"
)


def put(key: str, body: bytes = b"model") -> None:
    boto3.client("s3").put_object(Bucket="bucket", Key=key, Body=body)


def delete(key: str) -> None:
    boto3.client("s3").delete_object(Bucket="bucket", Key=key)


def listed() -> list[str]:
    """The keys of everything under models/."""
    answer = boto3.client("s3").list_objects_v2(Bucket="bucket", Prefix="models/")
    return [each["Key"] for each in answer.get("Contents", [])]


def tell(key: str) -> None:
    """Deliver S3's event about that key."""
    event = json.loads((EVENTS / "s3-object.json").read_text())
    event["detail"]["object"]["key"] = key
    handler(event, CONTEXT)


def empty() -> None:
    for key in listed():
        delete(key)
