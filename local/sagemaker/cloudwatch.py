"""CloudWatch: the operations on alarms.

The local AWS has them too, but denies a function with the right to delete only its own alarms even that.
"""

import time

from local.sagemaker.operations import Operations
from local.sagemaker.records import Record
from local.sagemaker.refusals import Refusal
from local.sagemaker.services import Services
from local.sagemaker.settings import ACCOUNT

REQUIRED = ("Namespace", "MetricName", "Statistic", "Period", "EvaluationPeriods", "Threshold", "ComparisonOperator")
"""What an alarm on one metric with a fixed threshold consists of."""


def cloudwatch(services: Services) -> Operations:
    """The service's operations on the emulator's alarms."""
    service = CloudWatch(services)
    return Operations(
        "cloudwatch",
        {
            "PutMetricAlarm": service.put,
            "DescribeAlarms": service.describe,
            "DeleteAlarms": service.delete,
        },
    )


class CloudWatch:
    """Writes the alarms down; the scaler heeds them."""

    def __init__(self, services: Services) -> None:
        self._alarms = services.alarms
        self._region = services.settings.region

    def put(self, members: Record) -> None:
        """Create or replace an alarm; raises Refusal for one on anything but one metric with a fixed threshold."""
        missing = [member for member in REQUIRED if members.get(member) is None]
        if missing:
            raise Refusal(
                f"This emulator has alarms on one metric with a fixed threshold: {', '.join(missing)} missing."
            )
        now = time.time()
        beginning = {
            "AlarmArn": f"arn:aws:cloudwatch:{self._region}:{ACCOUNT}:alarm:{members['AlarmName']}",
            "AlarmConfigurationUpdatedTimestamp": now,
            "StateUpdatedTimestamp": now,
            "StateValue": "INSUFFICIENT_DATA",
            "ActionsEnabled": True,
        }
        self._alarms.put(beginning | members)

    def describe(self, members: Record) -> Record:
        """DescribeAlarms: all that are asked for, on one page; raises Refusal unless by names or by a prefix."""
        if members.keys() - {"MaxRecords"} not in (set(), {"AlarmNames"}, {"AlarmNamePrefix"}):
            raise Refusal("This emulator describes alarms by AlarmNames or by AlarmNamePrefix.")
        names, prefix = members.get("AlarmNames"), members.get("AlarmNamePrefix", "")
        found = [alarm for alarm in self._alarms.all() if alarm["AlarmName"].startswith(prefix)]
        return {"MetricAlarms": [alarm for alarm in found if not names or alarm["AlarmName"] in names]}

    def delete(self, members: Record) -> None:
        """DeleteAlarms; an unknown name is no error on AWS either."""
        self._alarms.delete(members["AlarmNames"])
