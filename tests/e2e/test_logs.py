"""Nothing that is a user's own is in any log: no prompt, no key, no picture."""

from base64 import b64encode
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
from PIL import Image

from local.cloud import Cloud
from tests.e2e.user import User, soon

PROMPT = "a-marked-prompt-of-a-dog"


def marked_picture() -> str:
    file = BytesIO()
    Image.new("RGB", (64, 64), (1, 2, 3)).save(file, "PNG")
    return b64encode(file.getvalue()).decode()


def logs(cloud: Cloud) -> str:
    """All that functions, container and emulators have logged."""
    client = boto3.client("logs")
    groups = client.describe_log_groups()["logGroups"]
    events: list[Any] = []
    for group in groups:
        for page in client.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"]):
            events += page["events"]
    files = [path.read_text(errors="replace") for path in Path(cloud.deployment.folder).rglob("*.log")]
    return "\n".join([*(event["message"] for event in events), *files])


def test_no_prompt_no_key_and_no_picture_is_in_any_log(user: User, cloud: Cloud) -> None:
    picture = marked_picture()
    unit = {"enabled": True, "model": PROMPT, "image": picture}
    drawn = user.finished(user.submit(prompt=PROMPT, negative_prompt=PROMPT))
    too_long = user.finished(user.submit(prompt=f"{PROMPT} " * 200))
    broken = {"enabled": True, "model": "canny", "image": picture[: len(picture) // 8 * 4]}  # its header is whole
    refused_by_the_container = user.finished(
        user.submit(prompt=PROMPT, alwayson_scripts={"controlnet": {"args": [broken]}})
    )
    assert [drawn["status"], too_long["status"], refused_by_the_container["status"]] == [
        "succeeded",
        "succeeded",
        "failed",
    ]
    for order in (
        user.order(prompt=PROMPT, steps=0),
        user.order("shapes", **{"prompt": PROMPT, PROMPT: 1}),
        user.order(PROMPT),
        user.order(prompt=PROMPT, alwayson_scripts={"controlnet": {"args": [unit]}}),
    ):
        assert user.http.post("/jobs", json=order).status_code == 422
    user.http.post("/jobs", content=f"{{{PROMPT}")
    id = user.submit(prompt=PROMPT)
    user.http.post(f"/jobs/{id}/cancel")
    soon(lambda: drawn["id"] in logs(cloud))  # so that there are logs to look at
    found = logs(cloud)
    assert PROMPT not in found
    assert cloud.key not in found
    assert cloud.key[15:] not in found
    assert picture[:60] not in found
