"""Scaling: how many instances an endpoint has, by the rules of Application Auto Scaling."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.clients import SCALED, Client
from tests.local.fake_aws import FakeAws
from tests.waiting import eventually


def track(client: Client, resource: str, target: float = 1, **members: Any) -> None:
    endpoint = resource.split("/")[1]
    metric = {
        "MetricName": "ApproximateBacklogSizePerInstance",
        "Namespace": "AWS/SageMaker",
        "Dimensions": [{"Name": "EndpointName", "Value": endpoint}],
        "Statistic": "Average",
    }
    configuration: Any = {"TargetValue": target, "CustomizedMetricSpecification": metric, **members}
    client.scaling.put_scaling_policy(
        **SCALED,
        ResourceId=resource,
        PolicyName="backlog",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=configuration,
    )


def put_steps(client: Client, resource: str, name: str, **configuration: Any) -> str:
    """Put a step policy; returns its ARN."""
    return client.scaling.put_scaling_policy(
        **SCALED,
        ResourceId=resource,
        PolicyName=name,
        PolicyType="StepScaling",
        StepScalingPolicyConfiguration=configuration,  # type: ignore[arg-type]
    )["PolicyARN"]


def start_from_zero(client: Client, resource: str) -> str:
    """Put a policy that adds one instance; returns its ARN."""
    steps = [
        {"MetricIntervalUpperBound": 0, "ScalingAdjustment": 3},
        {"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1},
    ]
    return put_steps(
        client, resource, "from-zero", AdjustmentType="ChangeInCapacity", Cooldown=60, StepAdjustments=steps
    )


def end_when_idle(client: Client, resource: str, capacity: int = 0) -> None:
    """Scale it to `capacity` instances after ten minutes without a backlog."""
    steps = [{"MetricIntervalUpperBound": 0, "ScalingAdjustment": capacity}]
    policy = put_steps(client, resource, "idle", AdjustmentType="ExactCapacity", StepAdjustments=steps)
    endpoint = resource.split("/")[1]
    client.put_alarm(
        endpoint,
        AlarmName=f"{endpoint}-idle",
        MetricName="ApproximateBacklogSize",
        Statistic="Maximum",
        ComparisonOperator="LessThanThreshold",
        EvaluationPeriods=10,
        AlarmActions=[policy],
    )


def at_zero(client: Client) -> tuple[str, str]:
    """An endpoint without an instance, and its resource id."""
    endpoint = client.deploy()
    client.register(endpoint, 0, 0)
    client.wait_for_instances(endpoint, 0)
    return endpoint, client.register(endpoint, 0, 3)


def counts(aws: FakeAws, endpoint: str) -> list[tuple[int, int]]:
    """The current and desired numbers of instances that events told of."""
    variants = [each for event in aws.told(endpoint) for each in event["detail"].get("ProductionVariants", [])]
    return [(each["CurrentInstanceCount"], each["DesiredInstanceCount"]) for each in variants]


def test_an_endpoint_begins_with_as_many_instances_as_its_config_says(emulator: Client, aws: FakeAws) -> None:
    endpoint = emulator.deploy(emulator.configure(count=2))

    long, short = emulator.order(endpoint, {"sleep": 60}), emulator.order(endpoint, {})

    assert emulator.instances(endpoint) == (2, 2)
    assert aws.notice(short).notice["invocationStatus"] == "Completed"
    assert not aws.notices(long)


def test_limits_move_the_number_of_instances_inside_at_once(emulator: Client, aws: FakeAws) -> None:
    endpoint = emulator.deploy()

    emulator.register(endpoint, 2, 3)
    eventually(lambda: (1, 2) in counts(aws, endpoint))
    during = emulator.order(endpoint, {})
    emulator.wait_for_instances(endpoint, 2)
    emulator.register(endpoint, 0, 1)
    emulator.wait_for_instances(endpoint, 1)

    assert aws.notice(during).notice["invocationStatus"] == "Completed"
    assert eventually(lambda: aws.states(endpoint)[5:]) == ["IN_SERVICE"]
    assert aws.states(endpoint)[2:5] == ["UPDATING", "IN_SERVICE", "UPDATING"]


def test_an_endpoint_that_is_scaled_can_be_neither_updated_nor_deleted(unhurried: Client) -> None:
    endpoint = unhurried.deploy()

    unhurried.register(endpoint, 2, 2)
    eventually(lambda: unhurried.status(endpoint) == "Updating")

    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        unhurried.control.delete_endpoint(EndpointName=endpoint)


def test_work_without_an_instance_starts_one_where_an_alarm_calls_for_it(emulator: Client, aws: FakeAws) -> None:
    endpoint, resource = at_zero(emulator)
    policy = start_from_zero(emulator, resource)

    emulator.put_alarm(endpoint, AlarmActions=[policy])
    order = emulator.order(endpoint, {})
    emulator.wait_for_instances(endpoint, 1)

    assert aws.notice(order).notice["invocationStatus"] == "Completed"


MISTAKEN: list[dict[str, Any]] = [
    {"MetricName": "ApproximateAgeOfOldestRequest"},
    {"Dimensions": [{"Name": "EndpointName", "Value": "another"}]},
    {"AlarmActions": ["arn:aws:autoscaling:another"]},
    {"ActionsEnabled": False},
    {"ComparisonOperator": "GreaterThanThreshold"},
    {"EvaluationPeriods": 1_440},
]


def test_an_alarm_with_a_mistake_starts_nothing(emulator: Client, aws: FakeAws) -> None:
    (endpoint, resource), (witness, other) = at_zero(emulator), at_zero(emulator)
    policy, correct = start_from_zero(emulator, resource), start_from_zero(emulator, other)

    for number, members in enumerate(MISTAKEN):
        mistaken = {"AlarmName": f"{endpoint}-{number}", "AlarmActions": [policy], **members}
        emulator.put_alarm(endpoint, **mistaken)
    emulator.put_alarm(witness, AlarmActions=[correct])
    order = emulator.order(endpoint, {})
    emulator.order(witness, {})
    emulator.wait_for_instances(witness, 1)  # its work came last: the other had its chance before

    assert emulator.instances(endpoint) == (0, 0)
    assert not aws.notices(order)


def test_an_endpoint_goes_back_to_zero_once_its_work_is_done(emulator: Client, aws: FakeAws) -> None:
    endpoint, resource = at_zero(emulator)
    track(emulator, resource, DisableScaleIn=True)
    end_when_idle(emulator, resource)

    emulator.put_alarm(endpoint, AlarmActions=[start_from_zero(emulator, resource)])
    long = emulator.order(endpoint, {"sleep": 2})  # twenty minutes of the scaler's clock
    eventually(lambda: aws.notices(long))
    emulator.wait_for_instances(endpoint, 0)

    assert aws.notice(long).notice["invocationStatus"] == "Completed"
    assert counts(aws, endpoint)[-1] == (0, 0)


def test_a_backlog_brings_more_instances_which_stay_until_all_is_drawn(emulator: Client, aws: FakeAws) -> None:
    endpoint = emulator.deploy()
    resource = emulator.register(endpoint, 1, 3)
    track(emulator, resource, target=2, DisableScaleIn=True)
    end_when_idle(emulator, resource, capacity=1)

    orders = [emulator.order(endpoint, {"sleep": 0.5}) for _ in range(12)]

    assert all(aws.notice(order).notice["invocationStatus"] == "Completed" for order in orders)
    emulator.wait_for_instances(endpoint, 1)
    assert [current for current, desired in counts(aws, endpoint) if desired < current] == [3]


def test_an_instance_that_leaves_hands_back_what_it_has_not_finished(emulator: Client, aws: FakeAws) -> None:
    endpoint = emulator.deploy(emulator.configure({"AT_SIGTERM": "hand back"}))
    order = emulator.order(endpoint, {"sleep": 2})

    emulator.register(endpoint, 0, 0)
    emulator.wait_for_instances(endpoint, 0)
    unanswered = not aws.notices(order)
    emulator.register(endpoint, 1, 1)

    assert unanswered
    assert aws.notice(order).notice["invocationStatus"] == "Completed"


def test_a_capacity_that_is_set_holds_outside_the_limits_until_scaling_has_a_reason(
    emulator: Client, aws: FakeAws
) -> None:
    endpoint = emulator.deploy()
    resource = emulator.register(endpoint, 1, 1)
    witness = emulator.deploy()

    emulator.set_capacity(endpoint, 0)
    emulator.wait_for_instances(endpoint, 0)
    emulator.register(witness, 2, 2)
    emulator.wait_for_instances(witness, 2)  # the scaler has looked at both by then
    left_alone = emulator.instances(endpoint)
    emulator.put_alarm(endpoint, AlarmActions=[start_from_zero(emulator, resource)])
    order = emulator.order(endpoint, {})
    emulator.wait_for_instances(endpoint, 1)

    assert (1, 0) in counts(aws, endpoint)
    assert left_alone == (0, 0)
    assert aws.notice(order).notice["invocationStatus"] == "Completed"


def test_a_capacity_is_refused_while_the_endpoint_changes(unhurried: Client) -> None:
    endpoint = unhurried.deploy()
    unhurried.set_capacity(endpoint, 2)

    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        unhurried.set_capacity(endpoint, 1)

    unhurried.wait_for_instances(endpoint, 2)


@pytest.mark.parametrize(
    "wanted",
    [
        [{"VariantName": "other", "DesiredInstanceCount": 1}],
        [{"VariantName": "all", "DesiredWeight": 1.0}],
        [{"VariantName": "all", "DesiredInstanceCount": 1}] * 2,
    ],
)
def test_nothing_but_the_number_of_instances_is_to_be_set(emulator: Client, wanted: Any) -> None:
    endpoint = emulator.deploy()

    with pytest.raises(ClientError, match=r'DesiredInstanceCount of the variant "all" only'):
        emulator.control.update_endpoint_weights_and_capacities(
            EndpointName=endpoint, DesiredWeightsAndCapacities=wanted
        )


def test_new_instances_that_do_not_come_up_leave_the_old_ones_in_service(emulator: Client, aws: FakeAws) -> None:
    endpoint, broken = emulator.deploy(), emulator.configure({"EXIT": "1"})
    emulator.register(endpoint, 0, 0)
    emulator.wait_for_instances(endpoint, 0)
    emulator.control.update_endpoint(EndpointName=endpoint, EndpointConfigName=broken, RetainAllVariantProperties=True)
    emulator.wait_for(endpoint, "InService")

    emulator.register(endpoint, 1, 1)
    reason = eventually(lambda: emulator.control.describe_endpoint(EndpointName=endpoint).get("FailureReason", ""))
    emulator.wait_for_instances(endpoint, 0)

    assert "did not pass the ping health check" in reason
    assert "ROLLING_BACK" in aws.states(endpoint)


def test_a_target_never_brings_a_deleted_endpoint_back(emulator: Client, caplog: pytest.LogCaptureFixture) -> None:
    endpoint = emulator.deploy()
    resource = emulator.register(endpoint, 1, 2)

    emulator.control.delete_endpoint(EndpointName=endpoint)

    assert not emulator.targets(resource)
    assert f"{endpoint} is deleted before its scalable target was deregistered" in caplog.text
    eventually(lambda: not emulator.control.list_endpoints(NameContains=endpoint)["Endpoints"])
    emulator.deploy(endpoint)
    assert emulator.instances(endpoint) == (1, 1)
