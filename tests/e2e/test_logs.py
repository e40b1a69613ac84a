"""Nothing that is a user's own is in any log: no prompt, no key, no picture."""

from base64 import b64decode, b64encode
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import httpx
from PIL import Image

from local.cloud import Cloud
from shared.keys import owner_of
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


def uploaded(user: User, picture: bytes) -> str:
    """Upload the picture; returns its id for an order."""
    form = user.http.post("/uploads", json={"content_type": "image/png", "size": len(picture)}).json()
    sent = httpx.post(form["url"], data=form["fields"], files={"file": ("picture.png", picture, "image/png")})
    assert sent.is_success, sent.text
    id: str = form["id"]
    return id


def make_unreadable(id: str, cloud: Cloud) -> None:
    """Make the job's record like one that a future version has written."""
    boto3.client("dynamodb").update_item(
        TableName=cloud.deployment.jobs_table,
        Key={"owner": {"S": owner_of(cloud.key)}, "id": {"S": id}},
        UpdateExpression="SET #parameters.steps = :prompt",
        ExpressionAttributeNames={"#parameters": "parameters"},
        ExpressionAttributeValues={":prompt": {"S": PROMPT}},
    )


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
    by_picture = {"prompt": PROMPT, "steps": 2, "width": 64, "height": 64, "init_images": [picture]}
    order = user.order() | {"task": "img2img", "parameters": by_picture}
    assert user.finished(user.http.post("/jobs", json=order).json()["id"])["status"] == "succeeded"
    order["parameters"]["init_images"] = [f"upload://{uploaded(user, b64decode(picture))}"]
    assert user.finished(user.http.post("/jobs", json=order).json()["id"])["status"] == "succeeded"
    make_unreadable(drawn["id"], cloud)
    fault = user.http.get(f"/jobs/{drawn['id']}")
    assert (fault.status_code >= 500, PROMPT in fault.text) == (True, False)
    id = user.submit(prompt=PROMPT)
    user.http.post(f"/jobs/{id}/cancel")
    soon(lambda: drawn["id"] in logs(cloud))  # so that there are logs to look at
    found = logs(cloud)
    assert PROMPT not in found
    assert cloud.key not in found
    assert cloud.key[15:] not in found
    assert picture[:60] not in found
