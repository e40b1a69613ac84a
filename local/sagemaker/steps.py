"""Step scaling: what an alarm changes once it has held long enough."""

import math
import operator
from collections.abc import Iterable, Mapping

from local.sagemaker.policies import EXACT
from local.sagemaker.records import Record

COMPARISONS = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanOrEqualToThreshold": operator.le,
    "LessThanThreshold": operator.lt,
}


class Steps:
    """One policy's memory. Times are seconds of AWS's clock, which runs faster here."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}
        self._acted = -math.inf

    def wanted(
        self, configuration: Record, alarms: Iterable[Record], metrics: Mapping[str, float], count: int, now: float
    ) -> int:
        """The number of instances that the policy asks for: `count` while no alarm is raised."""
        raised = [alarm for alarm in alarms if self._is_raised(alarm, metrics, now)]
        if now - self._acted < configuration.get("Cooldown", 0):
            return count
        wanted = max((_step(configuration, alarm, metrics, count) for alarm in raised), default=count)
        if wanted != count:
            self._acted = now
        return wanted

    def _is_raised(self, alarm: Record, metrics: Mapping[str, float], now: float) -> bool:
        name, compare = alarm["AlarmName"], COMPARISONS[alarm["ComparisonOperator"]]
        if not compare(metrics[alarm["MetricName"]], alarm["Threshold"]):
            self._since.pop(name, None)
            return False
        held = now - self._since.setdefault(name, now)
        return bool(held >= alarm["Period"] * alarm["EvaluationPeriods"])


def _step(configuration: Record, alarm: Record, metrics: Mapping[str, float], count: int) -> int:
    """The number of instances by the step in whose interval the metric lies; bounds count from the threshold."""
    above = metrics[alarm["MetricName"]] - alarm["Threshold"]
    for step in configuration["StepAdjustments"]:
        lower = step.get("MetricIntervalLowerBound", -math.inf)
        if lower <= above < step.get("MetricIntervalUpperBound", math.inf):
            change = int(step["ScalingAdjustment"])
            return change if configuration["AdjustmentType"] == EXACT else count + change
    return count
