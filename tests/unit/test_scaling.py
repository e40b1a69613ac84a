"""What AWS is told about how many instances an endpoint has."""

from typing import Any

import boto3
import pytest

from shared.cloud import Cloud
from tests.unit.sagemaker import FakeSageMaker
from tests.unit.things import add_endpoint

NAME = "goc-dev-one"


@pytest.fixture
def policies(aws: Cloud, sagemaker: FakeSageMaker) -> dict[str, Any]:
    scaled: dict[str, Any] = {
        "instance_type": "ml.g5.xlarge",
        "min_instances": 1,
        "max_instances": 3,
        "backlog_per_instance": 5,
    }
    aws.scaling.set(add_endpoint(aws, NAME, **scaled))
    return sagemaker.scaling.policies


def alarms() -> dict[str, Any]:
    found = boto3.client("cloudwatch").describe_alarms(AlarmNamePrefix=NAME)["MetricAlarms"]
    return {alarm["AlarmName"]: alarm for alarm in found}


def test_a_backlog_brings_instances_and_takes_none_away(policies: dict[str, Any]) -> None:
    tracking = policies[f"{NAME}-backlog"]["TargetTrackingScalingPolicyConfiguration"]
    assert (tracking["TargetValue"], tracking["DisableScaleIn"]) == (5, True)


def test_an_endpoint_that_has_had_nothing_to_do_goes_back_to_its_fewest_instances(policies: dict[str, Any]) -> None:
    idle = alarms()[f"{NAME}-idle"]
    assert (idle["MetricName"], idle["Statistic"]) == ("ApproximateBacklogSize", "Maximum")  # includes jobs in work
    assert (idle["ComparisonOperator"], idle["Threshold"]) == ("LessThanThreshold", 1)
    assert (idle["Period"], idle["EvaluationPeriods"], idle["TreatMissingData"]) == (60, 10, "missing")
    assert idle["AlarmActions"][0].endswith(f":{NAME}-idle")
    steps = policies[f"{NAME}-idle"]["StepScalingPolicyConfiguration"]
    assert steps["AdjustmentType"] == "ExactCapacity"
    assert steps["StepAdjustments"] == [{"MetricIntervalUpperBound": 0, "ScalingAdjustment": 1}]


def test_nothing_of_it_is_left_once_it_is_removed(
    policies: dict[str, Any], aws: Cloud, sagemaker: FakeSageMaker
) -> None:
    assert {*alarms()} == {f"{NAME}-from-zero", f"{NAME}-idle"}
    aws.scaling.remove(NAME)
    assert (alarms(), sagemaker.scaling.policies, sagemaker.scaling.targets) == ({}, {}, {})
