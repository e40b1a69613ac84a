"""CloudFormation's custom resource, called when the stack is deployed, changed or removed.

It makes the first endpoint, if one is configured, as any request would. And it removes all endpoints with the stack,
since each would go on costing money without it.
"""

import json
import time
from collections.abc import Callable
from typing import Any

import urllib3

from lambdas.endpoints import creation, deletion, life
from lambdas.endpoints.requests import CreateEndpoint
from shared.cloud import Cloud, cloud
from shared.log import logger

FIRST = "main"
# What is left of the function's time when it gives up, so that CloudFormation is still told.
LAST_MILLISECONDS = 20_000
PAUSE_SECONDS = 3.0


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> None:
    try:
        provide(event, cloud(), context.get_remaining_time_in_millis)
        answer = {"Status": "SUCCESS"}
    except Exception as error:
        logger.exception("not provided", request=event["RequestType"])
        answer = {"Status": "FAILED", "Reason": str(error)[:1000]}
    _tell(event, answer)


def provide(event: dict[str, Any], cloud: Cloud, left: Callable[[], int]) -> None:
    """Do what CloudFormation asks, which may come twice. What it raises ends up in the stack's events."""
    if event["RequestType"] == "Delete":
        _remove_all(cloud, left)
    elif instance_type := event["ResourceProperties"].get("InstanceType"):
        _ensure_first(CreateEndpoint(name=FIRST, instance_type=instance_type), cloud)


def _ensure_first(request: CreateEndpoint, cloud: Cloud) -> None:
    seen = cloud.endpoints.get(creation.full_name(FIRST))
    if not seen or seen.gone:
        creation.create(request, cloud)
    elif seen.instance_type != request.instance_type:
        raise RuntimeError(
            f"The endpoint {seen.name} has instances of {seen.instance_type}, which is not changed: delete it first."
        )


def _remove_all(cloud: Cloud, left: Callable[[], int]) -> None:
    for endpoint in _there(cloud):
        deletion.delete(endpoint, True, cloud)
    while names := _there(cloud):
        if left() < LAST_MILLISECONDS:
            raise RuntimeError(f"{', '.join(names)} could not be removed in time; remove the stack again.")
        time.sleep(PAUSE_SECONDS)
        for name in names:
            life.advance(name, cloud)


def _there(cloud: Cloud) -> list[str]:
    return [endpoint.name for endpoint in cloud.endpoints.all() if not endpoint.gone]


def _tell(event: dict[str, Any], answer: dict[str, str]) -> None:
    """By the link that came with the event. The physical id never changes: else CloudFormation removes the old one."""
    told = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    body = json.dumps(answer | told | {"PhysicalResourceId": "endpoints"})
    urllib3.request("PUT", event["ResponseURL"], body=body, headers={"Content-Type": ""}, timeout=10, retries=3)
