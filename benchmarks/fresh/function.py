"""The jobs function and its first answer; only its layer and its code are on the path."""

import json
from pathlib import Path
from types import SimpleNamespace

from lambdas.jobs.routes import handler

event = json.loads(Path(__file__).with_name("event.json").read_text())
context = SimpleNamespace(
    function_name="jobs", memory_limit_in_mb=1024, invoked_function_arn="arn", aws_request_id="request"
)
answer = handler(event, context)
if answer["statusCode"] != 202:
    raise SystemExit(answer["body"])
