"""CloudWatch's alarms on endpoints that have work and no instance, as the local AWS keeps them."""

from typing import TYPE_CHECKING

from local.sagemaker.policies import HAS_BACKLOG_WITHOUT_CAPACITY, METRICS, dimensions

if TYPE_CHECKING:
    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_cloudwatch.type_defs import MetricAlarmTypeDef


class Alarms:
    """Read anew each time; their metric is the emulator's own, so their state in the local AWS never changes."""

    def __init__(self, cloudwatch: "CloudWatchClient") -> None:
        self._cloudwatch = cloudwatch

    def calling(self, policy_arn: str, endpoint: str) -> list["MetricAlarmTypeDef"]:
        """The alarms on HasBacklogWithoutCapacity of the endpoint that have the policy among their actions."""
        pages = self._cloudwatch.get_paginator("describe_alarms").paginate()
        return [
            alarm
            for page in pages
            for alarm in page["MetricAlarms"]
            if (alarm.get("Namespace"), alarm.get("MetricName")) == (METRICS, HAS_BACKLOG_WITHOUT_CAPACITY)
            and alarm.get("Dimensions") == dimensions(endpoint)
            and alarm.get("ActionsEnabled", True)
            and policy_arn in alarm.get("AlarmActions", [])
        ]
