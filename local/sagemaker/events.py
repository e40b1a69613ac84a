"""EventBridge's part: the event of a change of an endpoint's state, sent to the function behind the rule.

ministack rejects events whose source begins with `aws.`, so the function is invoked with the event itself.
"""

import asyncio
import json
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from local.sagemaker.records import Record
from local.sagemaker.settings import ACCOUNT

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient

log = logging.getLogger(__name__)


class Events:
    """A line of events, sent one by one in the order of the changes; the client retries, and a failure is logged."""

    def __init__(self, functions: "LambdaClient", function: str, region: str) -> None:
        self._functions = functions
        self._function = function
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
                await asyncio.to_thread(self._invoke, event)
            except (BotoCoreError, ClientError) as error:
                log.error("%s could not be told of %s: %s", self._function, event["detail"]["EndpointName"], error)

    def _invoke(self, event: Record) -> None:
        self._functions.invoke(FunctionName=self._function, InvocationType="Event", Payload=json.dumps(event))


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
