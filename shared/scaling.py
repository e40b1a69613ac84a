"""How many instances an endpoint has: its scalable target, two policies and an alarm.

Tracking a target can't start from zero, since a backlog per instance is nothing where there is no instance. So an alarm
on a backlog without capacity starts the first one ("Autoscale an asynchronous endpoint" in AWS's guide).
"""

from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypedDict

import boto3

from shared.hosting import VARIANT
from shared.settings import EndpointSettings
from shared.tables.endpoints import StoredEndpoint

if TYPE_CHECKING:
    from types_boto3_application_autoscaling import ApplicationAutoScalingClient
    from types_boto3_cloudwatch import CloudWatchClient

# An instance takes minutes to come, so it is kept a while; and no other is asked for before it can be there.
SCALE_IN_SECONDS = 600
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
        """Have it scaled as its record says, which may be done again."""
        tags = {"generate-on-cloud": self._own.stage}
        target = self._scaling.register_scalable_target(
            **_target(endpoint.name),
            MinCapacity=endpoint.min_instances or 0,
            MaxCapacity=endpoint.max_instances or 1,
        )
        # Not with the registration, which is refused with tags where the target is there already.
        self._scaling.tag_resource(ResourceARN=target["ScalableTargetARN"], Tags=tags)
        self._track_backlog(endpoint)
        self._start_from_zero(endpoint.name, tags)

    def remove(self, name: str) -> None:
        """Its policies go with the target, the alarms of the tracking one too."""
        with suppress(self._alarms.exceptions.ResourceNotFound):
            self._alarms.delete_alarms(AlarmNames=[_from_zero(name)])
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
                "ScaleInCooldown": SCALE_IN_SECONDS,
                "ScaleOutCooldown": SCALE_OUT_SECONDS,
            },
        )

    def _start_from_zero(self, name: str, tags: dict[str, str]) -> None:
        policy = self._scaling.put_scaling_policy(
            **_target(name),
            PolicyName=_from_zero(name),
            PolicyType="StepScaling",
            StepScalingPolicyConfiguration={
                "AdjustmentType": "ChangeInCapacity",
                "MetricAggregationType": "Average",
                "Cooldown": SCALE_OUT_SECONDS,
                "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}],
            },
        )
        self._alarms.put_metric_alarm(
            AlarmName=_from_zero(name),
            AlarmDescription="Jobs wait, and the endpoint has no instance: one is started.",
            Namespace="AWS/SageMaker",
            MetricName="HasBacklogWithoutCapacity",
            Dimensions=[{"Name": "EndpointName", "Value": name}],
            Statistic="Average",
            Period=ALARM_SECONDS,
            EvaluationPeriods=1,
            Threshold=1.0,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            TreatMissingData="missing",
            AlarmActions=[policy["PolicyARN"]],
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        )


def _from_zero(name: str) -> str:
    """The alarm and its policy; a scaling alarm's name has to hold its endpoint's."""
    return f"{name}-from-zero"


def _target(name: str) -> _Target:
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{name}/variant/{VARIANT}",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
