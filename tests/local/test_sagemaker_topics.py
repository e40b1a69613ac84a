"""The topics of an endpoint's notices, which SageMaker tests whenever the endpoint is to change."""

import json
from uuid import uuid4

from tests.conftest import EVENTS
from tests.local.clients import Client
from tests.local.fake_aws import FakeAws, Published
from tests.waiting import eventually

TEST = json.loads((EVENTS / "notice-test.json").read_text())


def topics() -> dict[str, str]:
    """Topics that no other endpoint has."""
    return {name: f"arn:aws:sns:us-east-1:000000000000:{uuid4()}" for name in ("SuccessTopic", "ErrorTopic")}


def test_both_topics_are_tested_where_an_endpoint_is_created_updated_or_rescaled(
    emulator: Client, aws: FakeAws
) -> None:
    first, second = topics(), topics()

    def tested(topics: dict[str, str], times: int) -> bool:
        told = [published for published in aws.published if published.topic in topics.values()]
        return len(told) == 2 * times and all(Published(topic, TEST) in told for topic in topics.values())

    name = emulator.deploy(emulator.configure(NotificationConfig=first))
    eventually(lambda: tested(first, 1))
    emulator.control.update_endpoint(
        EndpointName=name, EndpointConfigName=emulator.configure(NotificationConfig=second)
    )
    eventually(lambda: tested(second, 1))
    emulator.wait_for(name, "InService")
    emulator.set_capacity(name, 2)
    eventually(lambda: tested(second, 2))
    assert tested(first, 1)
