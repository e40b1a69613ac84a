"""How many instances an endpoint has: its scalable target, three policies and two alarms.

Target tracking adds instances when many jobs wait. It can't start from zero, since without an instance there is no
backlog per instance: an alarm on a backlog without capacity starts the first one ("Autoscale an asynchronous endpoint"
in AWS's guide). And it would take away an instance that is still drawing, since a few jobs are a small backlog too: so
another alarm takes instances away, once there has been nothing to do for ten minutes.
"""

from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypedDict

import boto3

from shared.hosting import VARIANT
from shared.settings import EndpointSettings
from shared.tables.endpoints import StoredEndpoint

if TYPE_CHECKING:
    from types_boto3_application_autoscaling import ApplicationAutoScalingClient
    from types_boto3_application_autoscaling.type_defs import StepScalingPolicyConfigurationTypeDef
    from types_boto3_cloudwatch import CloudWatchClient

# An instance takes minutes to start, so an idle one is kept a while; and no other is asked for before it can be up.
IDLE_MINUTES = 10
SCALE_OUT_SECONDS = 300
ALARM_SECONDS = 60


class _Target(TypedDict):
    ServiceNamespace: Literal["sagemaker"]
    ResourceId: str
    ScalableDimension: Literal["sagemaker:variant:DesiredInstanceCount"]


class Scaling:
    def __init__(self, own: EndpointSettings) -> None:
        self._own = own

    @cached_property
    def _scaling(self) -> "ApplicationAutoScalingClient":
        return boto3.client("application-autoscaling")

    @cached_property
    def _alarms(self) -> "CloudWatchClient":
        return boto3.client("cloudwatch")

    def set(self, endpoint: StoredEndpoint) -> None:
        """Have it scaled as its record says; may be called again."""
        tags = {"generate-on-cloud": self._own.stage}
        target = self._scaling.register_scalable_target(
            **_target(endpoint.name),
            MinCapacity=endpoint.min_instances or 0,
            MaxCapacity=endpoint.max_instances or 1,
        )
        # Not with the registration, which is refused with tags if the target is there already.
        self._scaling.tag_resource(ResourceARN=target["ScalableTargetARN"], Tags=tags)
        self._track_backlog(endpoint)
        self._start_from_zero(endpoint.name, tags)
        self._end_when_idle(endpoint, tags)

    def remove(self, name: str) -> None:
        """Its policies go with the target, and so do the tracking policy's own alarms."""
        with suppress(self._alarms.exceptions.ResourceNotFound):
            self._alarms.delete_alarms(AlarmNames=[_from_zero(name), _idle(name)])
        with suppress(self._scaling.exceptions.ObjectNotFoundException):
            self._scaling.deregister_scalable_target(**_target(name))

    def _track_backlog(self, endpoint: StoredEndpoint) -> None:
        self._scaling.put_scaling_policy(
            **_target(endpoint.name),
            PolicyName=f"{endpoint.name}-backlog",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": float(endpoint.backlog_per_instance or 1),
                "CustomizedMetricSpecification": {
                    "MetricName": "ApproximateBacklogSizePerInstance",
                    "Namespace": "AWS/SageMaker",
                    "Dimensions": [{"Name": "EndpointName", "Value": endpoint.name}],
                    "Statistic": "Average",
                },
                "ScaleOutCooldown": SCALE_OUT_SECONDS,
                "DisableScaleIn": True,
            },
        )

    def _start_from_zero(self, name: str, tags: dict[str, str]) -> None:
        policy = self._put_steps(
            name,
            _from_zero(name),
            {
                "AdjustmentType": "ChangeInCapacity",
                "MetricAggregationType": "Average",
                "Cooldown": SCALE_OUT_SECONDS,
                "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}],
            },
        )
        self._alarms.put_metric_alarm(
            **_alarm(name, _from_zero(name), policy, tags),
            AlarmDescription="Jobs wait, and the endpoint has no instance: one is started.",
            MetricName="HasBacklogWithoutCapacity",
            Statistic="Average",
            EvaluationPeriods=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
        )

    def _end_when_idle(self, endpoint: StoredEndpoint, tags: dict[str, str]) -> None:
        """Go back to the fewest instances, without taking away one that is drawing.

        ApproximateBacklogSize counts the requests "that are currently being processed or yet to be processed" ("Monitor
        asynchronous endpoint" in AWS's guide).
        """
        name = endpoint.name
        policy = self._put_steps(
            name,
            _idle(name),
            {
                "AdjustmentType": "ExactCapacity",
                "MetricAggregationType": "Maximum",
                "StepAdjustments": [
                    {"MetricIntervalUpperBound": 0.0, "ScalingAdjustment": endpoint.min_instances or 0}
                ],
            },
        )
        self._alarms.put_metric_alarm(
            **_alarm(name, _idle(name), policy, tags),
            AlarmDescription="The endpoint has had nothing to do for a while: it goes back to its fewest instances.",
            MetricName="ApproximateBacklogSize",
            Statistic="Maximum",
            EvaluationPeriods=IDLE_MINUTES,
            ComparisonOperator="LessThanThreshold",
        )

    def _put_steps(self, name: str, policy: str, configuration: "StepScalingPolicyConfigurationTypeDef") -> str:
        """Store a step policy; returns its ARN, for an alarm to call."""
        return self._scaling.put_scaling_policy(
            **_target(name),
            PolicyName=policy,
            PolicyType="StepScaling",
            StepScalingPolicyConfiguration=configuration,
        )["PolicyARN"]


def _alarm(endpoint: str, name: str, policy: str, tags: dict[str, str]) -> Any:
    """What the alarms have in common. A minute without data changes nothing: it is no sign of idleness."""
    return {
        "AlarmName": name,
        "Namespace": "AWS/SageMaker",
        "Dimensions": [{"Name": "EndpointName", "Value": endpoint}],
        "Period": ALARM_SECONDS,
        "Threshold": 1.0,
        "TreatMissingData": "missing",
        "AlarmActions": [policy],
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }


def _from_zero(name: str) -> str:
    """The name of an alarm and its policy; a scaling alarm's name has to contain its endpoint's."""
    return f"{name}-from-zero"


def _idle(name: str) -> str:
    """As above."""
    return f"{name}-idle"


def _target(name: str) -> _Target:
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{name}/variant/{VARIANT}",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
