"""Notices: the SNS messages that tell how an invocation ended.

Their fields are those of AWS's guide and of payloads that users published; `failureLocation` and a `message` beside
`content` are not certain, so they are left out here, lest anybody rely on them.
"""

import asyncio
import base64
import json
import logging
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from local.sagemaker import tasks
from local.sagemaker.faults import Delay, Faults
from local.sagemaker.invocations import Answer, Invocation, InvocationFailed
from local.sagemaker.records import Record

if TYPE_CHECKING:
    from types_boto3_sns import SNSClient

log = logging.getLogger(__name__)

LARGEST_RESPONSE = 128_000
"""Bytes of a response that still goes into a notice. The guide says "at most 128 KB"; the API model spells the other
128 KB of this service, an inline body, as 128,000 bytes, and the smaller reading shows a consumer both cases sooner."""

Notice = dict[str, Any]

TEST: Notice = {"eventVersion": "1.0", "eventSource": "aws:sagemaker", "eventName": "TestNotification"}
"""From "Create Endpoint" in AWS's guide to asynchronous inference."""


class Notices:
    """Sends notices, with the faults that were asked for."""

    def __init__(self, sns: "SNSClient", faults: Faults, region: str) -> None:
        self._sns = sns
        self._faults = faults
        self._region = region
        self._under_way: set[asyncio.Task[None]] = set()

    def test(self, config: Record) -> None:
        """Begin to test the topics of a NotificationConfig, without any of the faults."""
        for topic in ("SuccessTopic", "ErrorTopic"):
            if topic in config:
                self._begin(self._publish(config[topic], TEST))

    async def completed(self, invocation: Invocation, answer: Answer, config: Record) -> None:
        """Tell the success topic of the endpoint's NotificationConfig, if it names one."""
        outcome = {
            "invocationStatus": "Completed",
            "responseParameters": {"contentType": answer.content_type, "outputLocation": invocation.output_location},
            **_response_body(answer, "SUCCESS_NOTIFICATION_TOPIC", config),
        }
        await self._send(config.get("SuccessTopic"), self._envelope(invocation) | outcome)

    async def failed(self, invocation: Invocation, failure: InvocationFailed, config: Record) -> None:
        """Tell the error topic of the endpoint's NotificationConfig, if it names one."""
        outcome = {
            "invocationStatus": "Failed",
            "failureReason": str(failure),
            **_response_body(failure.answer, "ERROR_NOTIFICATION_TOPIC", config),
        }
        await self._send(config.get("ErrorTopic"), self._envelope(invocation) | outcome)

    async def finish(self) -> None:
        """Wait for the tests, and the notices that a fault delays."""
        await asyncio.gather(*self._under_way)

    def _envelope(self, invocation: Invocation) -> Notice:
        parameters = {
            "accept": invocation.accept,
            "contentType": invocation.content_type,
            "endpointName": invocation.endpoint,
            "inputLocation": invocation.input_location,
        }
        return {
            "awsRegion": self._region,
            "eventTime": _iso(datetime.now(UTC)),
            "receivedTime": _iso(datetime.fromtimestamp(invocation.received, UTC)),
            "requestParameters": {name: value for name, value in parameters.items() if value is not None},
            "inferenceId": invocation.inference_id,
            "eventVersion": "1.0",
            "eventSource": "aws:sagemaker",
            "eventName": "InferenceResult",
        }

    async def _send(self, topic: str | None, notice: Notice) -> None:
        if topic is None:
            return
        fault = self._faults.next()
        if isinstance(fault, Delay):
            self._begin(self._publish(topic, notice, after=fault.delay))
            return
        for _ in range({"lose": 0, "double": 2}.get(fault or "", 1)):
            await self._publish(topic, notice)

    def _begin(self, publishing: Coroutine[Any, Any, None]) -> None:
        task = tasks.start(publishing)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _publish(self, topic: str, notice: Notice, after: float = 0.0) -> None:
        await asyncio.sleep(after)
        try:
            await asyncio.to_thread(self._sns.publish, TopicArn=topic, Message=json.dumps(notice))
        except (BotoCoreError, ClientError):
            log.exception("the notice of %s could not be sent", notice.get("inferenceId", "a test"))


def _response_body(answer: Answer | None, topic: str, config: Record) -> Notice:
    included = topic in config.get("IncludeInferenceResponseIn", [])
    if answer is None or not included or len(answer.body) > LARGEST_RESPONSE:
        return {}
    return {"responseBody": {"content": base64.b64encode(answer.body).decode(), "encoding": "BASE64"}}


def _iso(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
