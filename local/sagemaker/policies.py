"""Scaling policies: which ones the emulator follows."""

from local.sagemaker.records import Record
from local.sagemaker.refusals import Refusal

STEPS = "StepScaling"
TRACKING = "TargetTrackingScaling"
METRICS = "AWS/SageMaker"
"""The namespace of an endpoint's metrics."""
BACKLOG_PER_INSTANCE = "ApproximateBacklogSizePerInstance"
BACKLOG = "ApproximateBacklogSize"
HAS_BACKLOG_WITHOUT_CAPACITY = "HasBacklogWithoutCapacity"
CHANGE, EXACT = "ChangeInCapacity", "ExactCapacity"


def check(policy: Record) -> None:
    """Raise Refusal for the input of a PutScalingPolicy that the emulator's scaling would not follow."""
    if policy.get("PolicyType") == STEPS:
        _check_steps(policy.get("StepScalingPolicyConfiguration", {}))
    elif policy.get("PolicyType") == TRACKING:
        _check_tracking(policy.get("TargetTrackingScalingPolicyConfiguration", {}), policy["ResourceId"])
    else:
        raise Refusal(f"This emulator follows policies of the types {STEPS} and {TRACKING}.")


def dimensions(endpoint: str) -> list[Record]:
    """The dimensions of an endpoint's metrics of asynchronous inference."""
    return [{"Name": "EndpointName", "Value": endpoint}]


def endpoint_of(resource: str) -> str:
    """The endpoint's name in a resource id."""
    return resource.split("/")[1]


def _check_steps(configuration: Record) -> None:
    steps = configuration.get("StepAdjustments")
    if configuration.get("AdjustmentType") not in (CHANGE, EXACT) or not steps:
        raise Refusal(
            f"This emulator follows step policies that have StepAdjustments of the types {CHANGE} and {EXACT}."
        )
    if configuration["AdjustmentType"] == EXACT and any(step["ScalingAdjustment"] < 0 for step in steps):
        raise Refusal(f"ScalingAdjustment must not be negative where the AdjustmentType is {EXACT}.")


def _check_tracking(configuration: Record, resource: str) -> None:
    metric = configuration.get("CustomizedMetricSpecification", {})
    wanted = (METRICS, BACKLOG_PER_INSTANCE, dimensions(endpoint_of(resource)))
    if (metric.get("Namespace"), metric.get("MetricName"), metric.get("Dimensions")) != wanted:
        raise Refusal(
            f"This emulator tracks {BACKLOG_PER_INSTANCE} of {METRICS} with the target's own EndpointName as dimension."
        )
    if configuration["TargetValue"] <= 0:
        raise Refusal("TargetValue must be greater than 0.")
