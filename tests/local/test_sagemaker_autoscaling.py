"""Application Auto Scaling's API: targets, policies, and its refusals."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.clients import SCALED, Client

STEPS: Any = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": [{"ScalingAdjustment": 1}]}


@pytest.fixture(scope="module")
def endpoint(emulator: Client) -> str:
    return emulator.deploy()


def put_steps(client: Client, resource: str, **members: Any) -> str:
    policy: Any = {
        **SCALED,
        "ResourceId": resource,
        "PolicyName": "steps",
        "PolicyType": "StepScaling",
        "StepScalingPolicyConfiguration": STEPS,
    }
    return client.scaling.put_scaling_policy(**policy | members)["PolicyARN"]


def policies(client: Client, resource: str, **members: Any) -> list[Any]:
    found = client.scaling.describe_scaling_policies(ServiceNamespace="sagemaker", ResourceId=resource, **members)
    return list(found["ScalingPolicies"])


def test_a_target_is_described_as_it_was_registered_last(emulator: Client, endpoint: str) -> None:
    resource = emulator.register(endpoint, 1, 2)
    first = emulator.targets(resource)

    answer = emulator.scaling.register_scalable_target(**SCALED, ResourceId=resource, MaxCapacity=4)

    (target,) = emulator.targets(resource)
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 4)
    assert target["ScalableTargetARN"] == answer["ScalableTargetARN"] == first[0]["ScalableTargetARN"]
    assert target["RoleARN"].endswith("AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint")
    assert target.keys() >= {"ServiceNamespace", "ScalableDimension", "CreationTime"}


def test_tags_are_given_to_a_new_target_and_later_by_its_arn_only(emulator: Client) -> None:
    target: Any = {**SCALED, "ResourceId": f"endpoint/{emulator.deploy()}/variant/all", "MinCapacity": 1}
    tagged = target | {"MaxCapacity": 1, "Tags": {"stage": "dev"}}
    arn = emulator.scaling.register_scalable_target(**tagged)["ScalableTargetARN"]

    with pytest.raises(ClientError, match=r"ValidationException.*you tried to tag already exists"):
        emulator.scaling.register_scalable_target(**tagged)
    emulator.scaling.register_scalable_target(**target)
    emulator.scaling.tag_resource(ResourceARN=arn, Tags={"owner": "one"})

    assert emulator.scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"stage": "dev", "owner": "one"}
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        emulator.scaling.list_tags_for_resource(ResourceARN=arn[:-1])


def test_a_policy_that_is_put_again_keeps_its_arn(emulator: Client, endpoint: str) -> None:
    resource = emulator.register(endpoint, 1, 2)

    first = put_steps(emulator, resource)
    again = put_steps(emulator, resource, StepScalingPolicyConfiguration=STEPS | {"Cooldown": 7})

    (policy,) = policies(emulator, resource, PolicyNames=["steps"])
    assert first == again == policy["PolicyARN"]
    assert first.endswith(f":resource/sagemaker/endpoint/{endpoint}/variant/all:policyName/steps")
    assert policy["StepScalingPolicyConfiguration"]["Cooldown"] == 7
    assert not policies(emulator, resource, PolicyNames=["other"])


def test_a_deleted_policy_is_gone_and_deregistering_takes_the_rest(emulator: Client, endpoint: str) -> None:
    resource = emulator.register(endpoint, 1, 2)
    put_steps(emulator, resource)
    put_steps(emulator, resource, PolicyName="more steps")

    emulator.scaling.delete_scaling_policy(**SCALED, ResourceId=resource, PolicyName="steps")
    left = policies(emulator, resource)
    emulator.scaling.deregister_scalable_target(**SCALED, ResourceId=resource)
    emulator.register(endpoint, 1, 2)

    assert [policy["PolicyName"] for policy in left] == ["more steps"]
    assert not policies(emulator, resource)


@pytest.mark.parametrize(
    "call",
    [
        lambda client, of: client.scaling.deregister_scalable_target(**of),
        lambda client, of: client.scaling.delete_scaling_policy(PolicyName="none", **of),
        lambda client, of: put_steps(client, of["ResourceId"]),
    ],
)
def test_what_is_not_registered_is_not_found(
    emulator: Client, endpoint: str, call: Callable[[Client, dict[str, str]], object]
) -> None:
    with pytest.raises(ClientError, match=r"ObjectNotFoundException.*resource ID: endpoint/none/variant/all"):
        call(emulator, {**SCALED, "ResourceId": "endpoint/none/variant/all"})


def test_a_target_needs_an_endpoint_that_runs(unhurried: Client) -> None:
    name = unhurried.configure()
    unhurried.control.create_endpoint(EndpointName=name, EndpointConfigName=name)

    with pytest.raises(ClientError, match=r"ValidationException.* is Creating and cannot be scaled"):
        unhurried.register(name, 0, 1)
    unhurried.wait_for(name, "InService")
    unhurried.register(name, 1, 1)
    with pytest.raises(ClientError, match=r"ValidationException.*does not exist: endpoint/none/variant/all"):
        unhurried.register("none", 0, 1)
    with pytest.raises(ClientError, match=r"ValidationException.*does not exist"):
        unhurried.scaling.register_scalable_target(
            **SCALED, ResourceId=f"endpoint/{name}/variant/other", MinCapacity=0, MaxCapacity=1
        )


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"MinCapacity": 2, "MaxCapacity": 1}, "Maximum capacity cannot be less than minimum capacity"),
        ({"MinCapacity": -1, "MaxCapacity": 1}, "neither less than 0"),
        ({"MinCapacity": 1, "MaxCapacity": 1, "ServiceNamespace": "ecs"}, "This emulator scales"),
        ({"MinCapacity": 1, "MaxCapacity": 1, "ScalableDimension": "ecs:service:DesiredCount"}, "This emulator scales"),
        ({"MinCapacity": 1, "MaxCapacity": 1, "SuspendedState": {}}, "does not suspend"),
        ({"ServiceNamespace": "Sage Maker"}, "Member must satisfy enum value set"),
    ],
)
def test_a_target_with_a_mistake_is_refused(
    emulator: Client, endpoint: str, members: dict[str, Any], words: str
) -> None:
    target = {**SCALED, "ResourceId": f"endpoint/{endpoint}/variant/all", **members}

    with pytest.raises(ClientError, match=f"ValidationException.*{words}"):
        emulator.scaling.register_scalable_target(**target)


def test_a_new_target_needs_both_limits(emulator: Client) -> None:
    resource = f"endpoint/{emulator.deploy()}/variant/all"

    with pytest.raises(ClientError, match="MinCapacity and MaxCapacity are required"):
        emulator.scaling.register_scalable_target(**SCALED, ResourceId=resource, MaxCapacity=1)


BELOW_ZERO = [{"MetricIntervalUpperBound": 0, "ScalingAdjustment": -1}]


def tracking(**members: Any) -> dict[str, Any]:
    metric = {"MetricName": "ApproximateBacklogSizePerInstance", "Namespace": "AWS/SageMaker", "Statistic": "Average"}
    dimensions = [{"Name": "EndpointName", "Value": "another"}]
    configuration = {"TargetValue": 5, "CustomizedMetricSpecification": metric | {"Dimensions": dimensions}}
    return {
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": configuration | members,
    }


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"PolicyType": "PredictiveScaling"}, "This emulator follows policies of the types"),
        (
            {"StepScalingPolicyConfiguration": STEPS | {"AdjustmentType": "PercentChangeInCapacity"}},
            "of the types ChangeInCapacity and ExactCapacity",
        ),
        (
            {"StepScalingPolicyConfiguration": {"AdjustmentType": "ExactCapacity", "StepAdjustments": BELOW_ZERO}},
            "must not be negative",
        ),
        ({"StepScalingPolicyConfiguration": {"AdjustmentType": "ChangeInCapacity"}}, "that have StepAdjustments"),
        (tracking(), "with the target's own EndpointName"),
        (tracking(CustomizedMetricSpecification={"MetricName": "CPUUtilization"}), "This emulator tracks"),
        ({"PolicyName": ""}, "Member must have length greater than or equal to 1"),
    ],
)
def test_a_policy_with_a_mistake_is_refused(
    emulator: Client, endpoint: str, members: dict[str, Any], words: str
) -> None:
    resource = emulator.register(endpoint, 1, 1)

    with pytest.raises(ClientError, match=f"ValidationException.*{words}"):
        put_steps(emulator, resource, **members)
