"""EventBridge's part: the event of an endpoint's change of state, sent to the rules' targets.

ministack keeps the rules but rejects events whose source begins with `aws.`, so the functions and queues behind the
rules are given the event here.
"""

import asyncio
import json
import logging
from collections.abc import Iterator
from contextlib import suppress
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
    from types_boto3_sqs import SQSClient

log = logging.getLogger(__name__)

TWICE = "IN_SERVICE"
"""The state whose events are all delivered twice, as EventBridge may do with any."""


class Events:
    """A line of events, sent one by one in the order of the changes; the clients retry, and a failure is logged."""

    def __init__(self, rules: "EventBridgeClient", functions: "LambdaClient", queues: "SQSClient", region: str) -> None:
        self._rules = rules
        self._functions = functions
        self._queues = queues
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
        targets = [target for rule in self._rules_for(event) for target in self._targets_of(rule)]
        for _ in range(2 if event["detail"]["EndpointStatus"] == TWICE else 1):
            for target in targets:
                self._hand_over(event, target)

    def _hand_over(self, event: Record, target: str) -> None:
        try:
            if ":function:" in target:
                self._functions.invoke(FunctionName=target, InvocationType="Event", Payload=json.dumps(event))
            elif target.startswith("arn:aws:sqs:"):
                queue = self._queues.get_queue_url(QueueName=target.rpartition(":")[2])["QueueUrl"]
                self._queues.send_message(QueueUrl=queue, MessageBody=json.dumps(event))
            else:
                log.warning("a rule has a target that is neither function nor queue: %s", target)
        except (BotoCoreError, ClientError) as error:  # the other targets must hear of it all the same
            log.error("%s was not told of %s: %s", target, event["detail"]["EndpointName"], error)

    def _rules_for(self, event: Record) -> Iterator[str]:
        for page in self._rules.get_paginator("list_rules").paginate():
            for rule in page["Rules"]:
                pattern = rule.get("EventPattern")  # a rule on a schedule has none
                if pattern and rule["State"] != "DISABLED" and matches(json.loads(pattern), event):
                    yield rule["Name"]

    def _targets_of(self, rule: str) -> Iterator[str]:
        with suppress(self._rules.exceptions.ResourceNotFoundException):  # it may be removed meanwhile
            for page in self._rules.get_paginator("list_targets_by_rule").paginate(Rule=rule):
                yield from (target["Arn"] for target in page["Targets"])


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
