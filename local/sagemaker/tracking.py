"""Target tracking on the backlog per instance."""

import math

from local.sagemaker.records import Record

DEFAULT_COOLDOWN = 300
"""Seconds, in both directions: Application Auto Scaling's user guide, on endpoint variants."""
LOW_SECONDS = 900
LOW_SHARE = 0.9
"""When the alarm that takes instances away is raised: 15 minutes below 90 % of the target, as users describe it."""


class Tracking:
    """One policy's memory. Times are seconds of AWS's clock, which runs faster here."""

    def __init__(self) -> None:
        self._scaled_out = -math.inf
        self._scaled_in = -math.inf
        self._low_since = math.inf

    def wanted(self, configuration: Record, count: int, backlog: int, now: float) -> int:
        """The number of instances that the policy asks for, with `count` of them running; `count` for no change."""
        target = configuration["TargetValue"]
        needed: int = math.ceil(backlog / target)
        if backlog >= LOW_SHARE * target * count:
            self._low_since = math.inf
            return self._more(configuration, count, needed, now)
        self._low_since = min(self._low_since, now)
        return self._fewer(configuration, count, needed, now)

    def _more(self, configuration: Record, count: int, needed: int, now: float) -> int:
        cooldown = configuration.get("ScaleOutCooldown", DEFAULT_COOLDOWN)
        if needed <= count or count == 0 or now - self._scaled_out < cooldown:  # from 0, only an alarm can start one
            return count
        self._scaled_out = now
        return needed

    def _fewer(self, configuration: Record, count: int, needed: int, now: float) -> int:
        cooldown = configuration.get("ScaleInCooldown", DEFAULT_COOLDOWN)
        soon = now - self._low_since < LOW_SECONDS or now - self._scaled_in < cooldown
        if configuration.get("DisableScaleIn") or soon or needed >= count:
            return count
        self._scaled_in = now
        return needed
