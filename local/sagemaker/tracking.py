"""Target tracking on the backlog per instance."""

import math

from local.sagemaker.records import Record

DEFAULT_COOLDOWN = 300
"""Seconds, in both directions: Application Auto Scaling's user guide, of endpoint variants."""


class Tracking:
    """One policy's memory. Times are seconds of AWS's clock, which runs faster here."""

    def __init__(self) -> None:
        self._scaled_out = -math.inf
        self._below_since = math.inf
        self._most_needed = 0

    def wanted(self, configuration: Record, count: int, backlog: int, now: float) -> int:
        """The number of instances that the policy asks for, with `count` of them running: `count` to leave it so."""
        needed: int = math.ceil(backlog / configuration["TargetValue"])
        if needed < count:
            return self._fewer(configuration, count, needed, now)
        self._forget()
        cooldown = configuration.get("ScaleOutCooldown", DEFAULT_COOLDOWN)
        if needed == count or count == 0 or now - self._scaled_out < cooldown:  # from 0 an alarm alone can start one
            return count
        self._scaled_out = now
        return needed

    def _fewer(self, configuration: Record, count: int, needed: int, now: float) -> int:
        """As many as were needed at most during the cooldown: none where there was no backlog in all of it."""
        self._below_since = min(self._below_since, now)
        self._most_needed = max(self._most_needed, needed)
        cooldown = configuration.get("ScaleInCooldown", DEFAULT_COOLDOWN)
        if configuration.get("DisableScaleIn") or now - self._below_since < cooldown:
            return count
        wanted = self._most_needed
        self._forget()
        return wanted

    def _forget(self) -> None:
        self._below_since = math.inf
        self._most_needed = 0
