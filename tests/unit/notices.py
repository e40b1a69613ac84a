"""SageMaker's notices, and SQS giving them to the function."""

import json
from base64 import b64encode
from types import SimpleNamespace
from typing import Any

from lambdas.jobs.completed import handler
from shared.shapes import JobKey, Manifest
from tests.conftest import EVENTS

CONTEXT = SimpleNamespace(
    function_name="completed", memory_limit_in_mb=1024, invoked_function_arn="arn", aws_request_id="request"
)


def success(key: JobKey, response: Manifest | None = None) -> dict[str, Any]:
    notice: dict[str, Any] = json.loads((EVENTS / "notice-success.json").read_text())
    notice["inferenceId"] = key.inference_id
    if response:
        content = b64encode(response.model_dump_json().encode()).decode()
        notice["responseBody"] = {"content": content, "message": "", "encoding": "BASE64"}
    return notice


def failure(key: JobKey) -> dict[str, Any]:
    notice: dict[str, Any] = json.loads((EVENTS / "notice-failure.json").read_text())
    return notice | {"inferenceId": key.inference_id}


def deliver(*notices: dict[str, Any] | str) -> list[str]:
    """Give notices to the function as SQS does; returns which of them failed, by their number."""
    record = json.loads((EVENTS / "sqs-record.json").read_text())
    bodies = [notice if isinstance(notice, str) else json.dumps(notice) for notice in notices]
    records = [record | {"messageId": str(number), "body": body} for number, body in enumerate(bodies)]
    failures = handler({"Records": records}, CONTEXT)["batchItemFailures"]
    return [each["itemIdentifier"] for each in failures]
