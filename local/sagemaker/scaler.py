"""The scaler: follows the rules of Application Auto Scaling, on a clock that runs faster than AWS's."""

import asyncio
import logging
import time
from collections import defaultdict

from local.sagemaker.endpoints import Endpoint
from local.sagemaker.fleet import Fleet
from local.sagemaker.policies import BACKLOG, HAS_BACKLOG_WITHOUT_CAPACITY, STEPS, TRACKING, endpoint_of
from local.sagemaker.records import Record
from local.sagemaker.refusals import Refusal
from local.sagemaker.services import Services
from local.sagemaker.steps import Steps
from local.sagemaker.tracking import Tracking

log = logging.getLogger(__name__)

LOOK_SECONDS = 6.0
"""How often it looks, on AWS's clock: a tenth of an alarm's usual period."""


class Scaler:
    """Looks at each target whose endpoint is in service, and changes its number of instances where a rule says so."""

    def __init__(self, services: Services, fleet: Fleet) -> None:
        self._targets = services.targets
        self._alarms = services.alarms
        self._fleet = fleet
        self._speedup = services.settings.speedup
        # By ARN, which is a new one for a target or policy that is made anew:
        self._limits: dict[str, tuple[int, int]] = {}
        self._tracking: defaultdict[str, Tracking] = defaultdict(Tracking)
        self._steps: defaultdict[str, Steps] = defaultdict(Steps)

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS / self._speedup)
            for target in self._targets.all():
                endpoint = self._fleet.find(endpoint_of(target["ResourceId"]))
                if endpoint and endpoint.status == "InService":
                    self._look(target, endpoint)

    def _look(self, target: Record, endpoint: Endpoint) -> None:
        try:
            wanted = self._wanted(target, endpoint)
            if wanted != endpoint.instances:
                self._fleet.scale(endpoint, wanted)
                log.info("%s: scaled from %s instances to %s", endpoint.name, endpoint.instances, wanted)
        except Refusal as refusal:
            log.warning("%s: not scaled: %s", endpoint.name, refusal)

    def _wanted(self, target: Record, endpoint: Endpoint) -> int:
        count, limits = endpoint.instances, (target["MinCapacity"], target["MaxCapacity"])
        if self._limits.get(target["ScalableTargetARN"]) != limits:
            self._limits[target["ScalableTargetARN"]] = limits
            return _within(limits, count)
        policies = target["Policies"].values()
        tracked = [self._tracked(policy, endpoint) for policy in policies if policy["PolicyType"] == TRACKING]
        stepped = [self._stepped(policy, endpoint) for policy in policies if policy["PolicyType"] == STEPS]
        asked = [wanted for wanted in (max(tracked, default=count), *stepped) if wanted != count]
        return _within(limits, max(asked)) if asked else count

    def _tracked(self, policy: Record, endpoint: Endpoint) -> int:
        configuration = policy["TargetTrackingScalingPolicyConfiguration"]
        tracking = self._tracking[policy["PolicyARN"]]
        return tracking.wanted(configuration, endpoint.instances, endpoint.backlog_size, self._now())

    def _stepped(self, policy: Record, endpoint: Endpoint) -> int:
        count, backlog = endpoint.instances, endpoint.backlog_size
        metrics = {BACKLOG: float(backlog), HAS_BACKLOG_WITHOUT_CAPACITY: float(bool(backlog and not count))}
        alarms = self._alarms.calling(policy["PolicyARN"], endpoint.name)
        steps = self._steps[policy["PolicyARN"]]
        return steps.wanted(policy["StepScalingPolicyConfiguration"], alarms, metrics, count, self._now())

    def _now(self) -> float:
        """Seconds on AWS's clock."""
        return time.monotonic() * self._speedup


def _within(limits: tuple[int, int], count: int) -> int:
    lowest, highest = limits
    return min(max(count, lowest), highest)
