"""EventBridge's part: the event of a change of an endpoint's state, sent to whom the rules name.

ministack keeps the rules but rejects events whose source begins with `aws.`, so the functions behind the rules are
invoked here, with the event itself.
"""

import asyncio
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from local.sagemaker.patterns import matches
from local.sagemaker.records import Record
from local.sagemaker.settings import ACCOUNT

if TYPE_CHECKING:
    from types_boto3_events import EventBridgeClient
    from types_boto3_lambda import LambdaClient

log = logging.getLogger(__name__)

TWICE = "IN_SERVICE"
"""The state of which every event is delivered twice, as EventBridge may do with any."""


class Events:
    """A line of events, sent one by one in the order of the changes; the clients retry, and a failure is logged."""

    def __init__(self, rules: "EventBridgeClient", functions: "LambdaClient", region: str) -> None:
        self._rules = rules
        self._functions = functions
        self._region = region
        self._line: asyncio.Queue[Record] = asyncio.Queue()

    def tell(self, endpoint: Record) -> None:
        """Put the event of the endpoint's present state at the end of the line."""
        self._line.put_nowait(_event(endpoint, self._region))

    async def send(self) -> None:
        """Send what comes, until cancelled."""
        while True:
            event = await self._line.get()
            try:
                await asyncio.to_thread(self._deliver, event)
            except (BotoCoreError, ClientError) as error:
                log.error("nobody was told of %s: %s", event["detail"]["EndpointName"], error)

    def _deliver(self, event: Record) -> None:
        functions = [function for rule in self._rules_for(event) for function in self._functions_behind(rule)]
        for _ in range(2 if event["detail"]["EndpointStatus"] == TWICE else 1):
            for function in functions:
                self._functions.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event))

    def _rules_for(self, event: Record) -> Iterator[str]:
        for page in self._rules.get_paginator("list_rules").paginate():
            for rule in page["Rules"]:
                pattern = rule.get("EventPattern")  # a rule on a schedule has none
                if pattern and rule["State"] != "DISABLED" and matches(json.loads(pattern), event):
                    yield rule["Name"]

    def _functions_behind(self, rule: str) -> Iterator[str]:
        for page in self._rules.get_paginator("list_targets_by_rule").paginate(Rule=rule):
            for target in page["Targets"]:
                if ":function:" in target["Arn"]:
                    yield target["Arn"]
                else:
                    log.warning("the rule %s has a target that is no function: %s", rule, target["Arn"])


def _event(endpoint: Record, region: str) -> Record:
    names = ("EndpointName", "EndpointArn", "EndpointConfigName", "ProductionVariants")
    return {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": "SageMaker Endpoint State Change",
        "source": "aws.sagemaker",
        "account": ACCOUNT,
        "time": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "region": region,
        "resources": [endpoint["EndpointArn"]],
        "detail": {
            **{name: endpoint[name] for name in names if name in endpoint},
            "EndpointStatus": _spelt_as_an_event(endpoint["EndpointStatus"]),
            "CreationTime": _milliseconds(endpoint["CreationTime"]),
            "LastModifiedTime": _milliseconds(endpoint["LastModifiedTime"]),
            "Tags": {tag["Key"]: tag["Value"] for tag in endpoint.get("Tags", [])},
        },
    }


def _spelt_as_an_event(status: str) -> str:
    """`InService` is `IN_SERVICE` in an event."""
    return "".join(f"_{letter}" if letter.isupper() else letter.upper() for letter in status).removeprefix("_")


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)
