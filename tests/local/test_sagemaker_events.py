"""Events: which functions and queues hear of an endpoint's changes, and how often."""

from collections.abc import Iterator
from typing import Any

import pytest

from local.sagemaker.patterns import matches
from tests.local.clients import Client
from tests.local.fake_aws import FUNCTION, GONE, QUEUES, FakeAws, rule
from tests.waiting import eventually

EVENT = {
    "source": "aws.sagemaker",
    "resources": ["arn:one", "arn:two"],
    "detail": {"EndpointName": "goc-dev-one", "EndpointStatus": "IN_SERVICE"},
}


@pytest.fixture
def rules(aws: FakeAws) -> Iterator[list[dict[str, Any]]]:
    """The rules of the fake, put back afterwards."""
    before = list(aws.rules)
    yield aws.rules
    aws.rules[:] = before


def function(name: str) -> str:
    return FUNCTION.replace("endpoint-changed", name)


def test_coming_into_service_is_told_twice_with_one_id(emulator: Client, aws: FakeAws) -> None:
    name = emulator.deploy()

    eventually(lambda: len(aws.told(name)) == 3)
    told = aws.told(name)

    assert [event["detail"]["EndpointStatus"] for event in told] == ["CREATING", "IN_SERVICE", "IN_SERVICE"]
    assert told[1]["id"] == told[2]["id"] != told[0]["id"]


def test_only_functions_behind_enabled_rules_that_match_are_told(
    emulator: Client, aws: FakeAws, rules: list[dict[str, Any]]
) -> None:
    rules[:0] = [
        rule("ours", function("ours"), source=["aws.sagemaker"], detail={"EndpointName": [{"prefix": "it-"}]}),
        rule("others", function("others"), detail={"EndpointName": [{"prefix": "other-"}]}),
        rule("off", function("off"), state="DISABLED", source=["aws.sagemaker"]),
        rule("topic", "arn:aws:sns:us-east-1:000000000000:topic", source=["aws.sagemaker"]),
        {
            "Name": "each minute",
            "State": "ENABLED",
            "ScheduleExpression": "rate(1 minute)",
            "target": function("clock"),
        },
    ]

    name = emulator.deploy()
    eventually(lambda: len(aws.told(name)) == 3)

    functions = [event["target"] for event in aws.events if event["detail"]["EndpointName"] == name]
    assert set(functions) == {FUNCTION, function("ours")}
    assert functions.count(function("ours")) == 3


def test_a_rule_that_comes_later_hears_what_comes_later(
    emulator: Client, aws: FakeAws, rules: list[dict[str, Any]]
) -> None:
    rules.clear()
    name = emulator.deploy()
    rules.append(rule("late", function("late"), source=["aws.sagemaker"]))

    emulator.control.delete_endpoint(EndpointName=name)

    eventually(lambda: "DELETING" in [event["detail"]["EndpointStatus"] for event in aws.told(name, function("late"))])
    assert not aws.told(name)


def test_a_queue_is_sent_what_a_function_is_told_and_what_is_gone_keeps_it_from_nobody(
    emulator: Client, aws: FakeAws, rules: list[dict[str, Any]]
) -> None:
    queues = {GONE: "there", "to nowhere": GONE, "to a queue": "there"}
    rules[:0] = [rule(name, f"{QUEUES}{queue}", source=["aws.sagemaker"]) for name, queue in queues.items()]

    name = emulator.deploy()
    eventually(lambda: len(aws.told(name)) == 3)

    sent = [event | {"target": FUNCTION} for event in aws.told(name, f"{QUEUES}there")]
    assert sent == aws.told(name)


@pytest.mark.parametrize(
    "pattern",
    [
        {},
        {"source": ["aws.other", "aws.sagemaker"]},
        {"detail": {"EndpointName": [{"prefix": "goc-dev-"}], "EndpointStatus": ["IN_SERVICE"]}},
        {"resources": ["arn:two"]},
        {"detail": {"EndpointName": [{"suffix": "-x"}, "goc-dev-one"]}},
    ],
)
def test_a_pattern_matches_by_exact_values_and_prefixes(pattern: dict[str, Any]) -> None:
    assert matches(pattern, EVENT)


@pytest.mark.parametrize(
    "pattern",
    [
        {"source": ["aws.other"]},
        {"detail-type": ["SageMaker Endpoint State Change"]},
        {"detail": {"EndpointName": [{"prefix": "goc-prod-"}]}},
        {"detail": {"EndpointName": ["goc-dev-one"], "EndpointStatus": ["FAILED"]}},
        {"source": {"deeper": ["aws.sagemaker"]}},
        {"detail": {"Tags": [{"prefix": ""}]}},
    ],
)
def test_a_pattern_needs_each_of_its_members(pattern: dict[str, Any]) -> None:
    assert not matches(pattern, EVENT)


def test_a_pattern_that_is_not_known_matches_nothing_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    assert not matches({"source": [{"suffix": "sagemaker"}]}, EVENT)
    assert "knows no pattern like {'suffix': 'sagemaker'}" in caplog.text
