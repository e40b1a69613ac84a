"""Step scaling of an endpoint that has work and no instance."""

import math
import operator
from collections.abc import Iterable

from local.sagemaker.records import Record

METRIC = 1.0
"""HasBacklogWithoutCapacity while it holds."""
COMPARISONS = {"GreaterThanOrEqualToThreshold": operator.ge, "GreaterThanThreshold": operator.gt}


class Steps:
    """One policy's memory. Times are seconds of AWS's clock, which runs faster here."""

    def __init__(self) -> None:
        self._starved_since: float | None = None
        self._acted = -math.inf

    def fed(self) -> None:
        """Note that there is an instance, or no work."""
        self._starved_since = None

    def change(self, configuration: Record, alarms: Iterable[Record], now: float) -> int:
        """How many instances to add, now that there is work and no instance; 0 while no alarm is raised."""
        if self._starved_since is None:
            self._starved_since = now
        if now - self._acted < configuration.get("Cooldown", 0):
            return 0
        changes = [_step(configuration, alarm) for alarm in alarms if _raised(alarm, now - self._starved_since)]
        if any(changes):
            self._acted = now
        return max(changes, default=0)


def _raised(alarm: Record, held: float) -> bool:
    compare = COMPARISONS.get(alarm["ComparisonOperator"])
    lasting = alarm["Period"] * alarm["EvaluationPeriods"]
    return compare is not None and bool(compare(METRIC, alarm["Threshold"])) and held >= lasting


def _step(configuration: Record, alarm: Record) -> int:
    """The adjustment of the step in whose interval the metric lies; its bounds are counted from the threshold."""
    above = METRIC - alarm["Threshold"]
    for step in configuration["StepAdjustments"]:
        lower = step.get("MetricIntervalLowerBound", -math.inf)
        if lower <= above < step.get("MetricIntervalUpperBound", math.inf):
            return int(step["ScalingAdjustment"])
    return 0
