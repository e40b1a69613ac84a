"""What comes by SNS and EventBridge, recorded as it comes, with queues that exist for the time of the test."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3

from lambdas.jobs.notices import TEST
from smoke.results import until

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

# SetQueueAttributes may take a minute (AWS's API reference); what SNS sends before may not get in.
POLICY_SECONDS = 180

Message = dict[str, Any]


class Recording:
    """Everything that a queue received. Each message is written to the file as a line, raw, before it is read."""

    def __init__(self, sqs: "SQSClient", queue: str, file: Path) -> None:
        self._sqs = sqs
        self._queue = queue
        self._file = file
        self._messages: list[Message] = []

    def messages(self) -> list[Message]:
        """All so far, in the order of their arrival."""
        answer = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        for received in answer.get("Messages", []):
            with self._file.open("a") as file:
                file.write(received["Body"] + "\n")
            self._messages.append(json.loads(received["Body"]))
            self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=received["ReceiptHandle"])
        return self._messages


@contextmanager
def of_topics(topics: list[str], file: Path) -> Iterator[Recording]:
    """A recording of what these topics send, as the stack's own queue gets it: raw, without SNS's envelope."""
    sns = boto3.client("sns")
    with ExitStack() as ending:
        arn, recording = ending.enter_context(_queue("sns.amazonaws.com", topics, file))
        for topic in topics:
            subscription = sns.subscribe(
                TopicArn=topic,
                Protocol="sqs",
                Endpoint=arn,
                Attributes={"RawMessageDelivery": "true"},
                ReturnSubscriptionArn=True,
            )
            ending.callback(sns.unsubscribe, SubscriptionArn=subscription["SubscriptionArn"])
        until(lambda: _heard(topics, recording), POLICY_SECONDS, "a test notification of each topic", pause=0)
        yield recording


def _heard(topics: list[str], recording: Recording) -> bool:
    """Whether each topic reaches the queue by now. The stack's own function ignores test notifications."""
    sns = boto3.client("sns")
    for topic in topics:
        sns.publish(TopicArn=topic, Message=json.dumps({"eventName": TEST, "topic": topic}))
    return {message.get("topic") for message in recording.messages()} >= set(topics)


@contextmanager
def of_endpoint(endpoint: str, file: Path) -> Iterator[Recording]:
    """A recording of EventBridge's events about the endpoint's state."""
    events, rule = boto3.client("events"), _name()
    pattern = {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Endpoint State Change"],
        "detail": {"EndpointName": [endpoint]},
    }
    with ExitStack() as ending:
        rule_arn = events.put_rule(Name=rule, EventPattern=json.dumps(pattern))["RuleArn"]
        ending.callback(events.delete_rule, Name=rule)
        arn, recording = ending.enter_context(_queue("events.amazonaws.com", [rule_arn], file))
        events.put_targets(Rule=rule, Targets=[{"Id": "queue", "Arn": arn}])
        ending.callback(events.remove_targets, Rule=rule, Ids=["queue"])
        yield recording


@contextmanager
def _queue(service: str, sources: list[str], file: Path) -> Iterator[tuple[str, Recording]]:
    """A queue that the service may send to from these sources: its ARN and what it receives."""
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName=_name())["QueueUrl"]
    try:
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(_policy(service, arn, sources))})
        yield arn, Recording(sqs, url, file)
    finally:
        sqs.delete_queue(QueueUrl=url)


def _policy(service: str, queue: str, sources: list[str]) -> dict[str, Any]:
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": sources}},
    }
    return {"Version": "2012-10-17", "Statement": [allowed]}


def _name() -> str:
    return f"goc-smoke-{uuid4().hex[:12]}"
