"""CloudWatch's alarms: put, described and deleted, by their names."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from local.sagemaker.app import build_app
from tests.local.clients import Client
from tests.local.conftest import settings_for
from tests.local.fake_aws import FakeAws
from tests.local.serving import served


def new() -> str:
    return f"it-{uuid4().hex[:8]}"


def described(client: Client, **query: Any) -> list[Any]:
    return list(client.alarms.describe_alarms(**query)["MetricAlarms"])


def test_an_alarm_is_described_as_it_was_put_last(emulator: Client) -> None:
    name = emulator.put_alarm(new(), Threshold=2.0, AlarmActions=["arn:aws:autoscaling:one"])
    emulator.put_alarm(name.removesuffix("-from-zero"), AlarmDescription="again", ActionsEnabled=False)

    (alarm,) = described(emulator, AlarmNames=[name])

    assert alarm["AlarmArn"] == f"arn:aws:cloudwatch:us-east-1:000000000000:alarm:{name}"
    assert (alarm["AlarmDescription"], alarm["Threshold"], alarm["ActionsEnabled"]) == ("again", 1.0, False)
    assert "AlarmActions" not in alarm
    assert alarm["StateValue"] == "INSUFFICIENT_DATA"


def test_alarms_are_found_by_their_names_and_by_how_these_begin(emulator: Client) -> None:
    prefix = new()
    names = [emulator.put_alarm(f"{prefix}/{letter}") for letter in "cab"]

    by_name = described(emulator, AlarmNames=[names[0], f"{prefix}-none"])
    by_prefix = described(emulator, AlarmNamePrefix=f"{prefix}/")

    assert [alarm["AlarmName"] for alarm in by_name] == names[:1]
    assert [alarm["AlarmName"] for alarm in by_prefix] == sorted(names)
    assert {alarm["AlarmName"] for alarm in described(emulator)} >= set(names)


def test_a_deleted_alarm_is_gone_and_one_that_never_was_is_no_error(emulator: Client) -> None:
    prefix = new()
    one, other = emulator.put_alarm(f"{prefix}-one"), emulator.put_alarm(f"{prefix}-other")

    for _ in range(2):
        emulator.alarms.delete_alarms(AlarmNames=[one, f"{prefix}-none"])

    assert [alarm["AlarmName"] for alarm in described(emulator, AlarmNamePrefix=prefix)] == [other]


def test_alarms_outlive_the_emulator(aws: FakeAws, tmp_path: Path) -> None:
    with served(build_app(settings_for(aws, tmp_path))) as url:
        name = Client(url).put_alarm(new())

    with served(build_app(settings_for(aws, tmp_path))) as url:
        (alarm,) = described(Client(url))

    assert alarm["AlarmName"] == name


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"ComparisonOperator": "Above"}, "Member must satisfy enum value set"),
        ({"AlarmName": ""}, "Member must have length greater than or equal to 1"),
        ({"Period": None, "Statistic": None}, "one metric with a fixed threshold: Statistic, Period missing"),
    ],
)
def test_an_alarm_with_a_mistake_is_refused(emulator: Client, members: dict[str, Any], words: str) -> None:
    endpoint = new()

    with pytest.raises(ClientError, match=f"ValidationException.*{words}"):
        emulator.put_alarm(endpoint, **members)

    assert not described(emulator, AlarmNamePrefix=endpoint)


@pytest.mark.parametrize("query", [{"AlarmNames": ["a"], "AlarmNamePrefix": "a"}, {"StateValue": "ALARM"}])
def test_alarms_are_not_looked_for_in_other_ways(emulator: Client, query: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="describes alarms by AlarmNames or by AlarmNamePrefix"):
        described(emulator, **query)
