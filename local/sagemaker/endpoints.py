"""The life of an endpoint: its states, and what happens between them."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any

from local.sagemaker import tasks
from local.sagemaker.backlog import Backlog
from local.sagemaker.deployments import Deployment, described, desired_instances
from local.sagemaker.invocations import Invocation
from local.sagemaker.records import Record
from local.sagemaker.refusals import Refusal
from local.sagemaker.services import Services
from local.sagemaker.variants import ProvisioningFailed, Variant
from local.sagemaker.worker import Worker

log = logging.getLogger(__name__)

SERVING = ("InService", "Updating", "SystemUpdating", "RollingBack")
"""States in which an endpoint takes invocations. An update on AWS costs no availability."""
PENDING = "PendingDeploymentSummary"
"""What an endpoint has only while it is being given a config (DescribeEndpoint in AWS's reference)."""


class Endpoint:
    """One endpoint, its queue and, while it serves, its instances."""

    def __init__(self, record: Record, services: Services, gone: Callable[[str], None]) -> None:
        self.record = record
        self._services = services
        self._gone = gone
        self._backlog = Backlog(services.settings.state / "backlogs" / self.name)
        # The one in service; during an update, followed by the one that is to take its place.
        self._variants = [self._variant(record["Deployment"])]
        self._transition: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.record["EndpointName"])

    @property
    def status(self) -> str:
        """Its state, as DescribeEndpoint spells it."""
        return str(self.record["EndpointStatus"])

    @property
    def instances(self) -> int:
        """How many instances take work."""
        return self._variants[0].count

    @property
    def backlog_size(self) -> int:
        """How many invocations wait or are in work."""
        return self._backlog.size

    def create(self) -> None:
        """Begin to create what the record asks for."""
        self._enter("Creating", **_pending(self.record["Deployment"]))
        self._test_topics(self.record["Deployment"])
        self._begin(self._bring_up())

    def update(self, deployment: Deployment, count: int) -> None:
        """Begin to replace the deployment by another with `count` instances; raises Refusal unless it is in service."""
        self._refuse_failed()
        self._refuse_in_progress()
        self._enter("Updating", **_pending(deployment))
        self._test_topics(deployment)
        self._begin(self._replace(deployment, count))

    def scale(self, count: int) -> None:
        """Begin to change the number of instances; raises Refusal unless the endpoint is in service."""
        self._refuse_failed()
        self._refuse_in_progress()
        self._enter("Updating", **described(self.record["Deployment"], self.instances, count))
        self._test_topics(self.record["Deployment"])
        self._begin(self._rescale(count))

    def delete(self) -> None:
        """Begin to delete it, with its queue; raises Refusal while another change is going on."""
        self._refuse_in_progress()
        self._enter("Deleting")
        self._begin(self._tear_down())

    def resume(self) -> None:
        """Go on with the life that the emulator's last end cut short.

        An endpoint that was in service shows as SystemUpdating until its containers ping again: AWS's state for
        maintenance that nobody asked for. An update that was cut short is thereby rolled back.
        """
        if self.status == "Deleting":
            self._begin(self._tear_down())
        elif self.status == "Creating":
            self.create()
        elif self.status != "Failed":
            self._enter("SystemUpdating", **described(self.record["Deployment"], 0, desired_instances(self.record)))
            self._begin(self._bring_up())

    def add(self, invocation: Invocation) -> None:
        """Queue an invocation."""
        self._backlog.add(invocation)

    async def shut_down(self) -> None:
        """End with the emulator, to be resumed at its next start."""
        if self._transition:
            self._transition.cancel()
            await asyncio.wait([self._transition])
        await asyncio.gather(*(variant.stop() for variant in self._variants))

    def _refuse_failed(self) -> None:
        if self.status == "Failed":
            raise Refusal(f'Cannot update failed endpoint "{self.record["EndpointArn"]}".')

    def _refuse_in_progress(self) -> None:
        if self.status not in ("InService", "Failed"):
            raise Refusal(f'Cannot update in-progress endpoint "{self.record["EndpointArn"]}".')

    def _test_topics(self, deployment: Deployment) -> None:
        self._services.notices.test(deployment["async_inference"]["OutputConfig"].get("NotificationConfig", {}))

    def _begin(self, transition: Coroutine[Any, Any, None]) -> None:
        self._transition = tasks.start(transition)

    def _enter(self, status: str, **members: Any) -> None:
        log.info("%s: %s", self.name, status)
        self.record.pop(PENDING, None)
        self.record = self.record | members | {"EndpointStatus": status, "LastModifiedTime": time.time()}
        self._services.endpoints.save(self.record)
        self._services.events.tell(self.record)

    async def _bring_up(self) -> None:
        services, deployment = self._services, self.record["Deployment"]
        # In flight when the emulator was killed:
        await Worker(self._backlog, services.objects, services.notices, deployment["async_inference"]).fail_lost()
        await self._pass_time()
        try:
            await self._variants[0].scale(desired_instances(self.record))
        except ProvisioningFailed as failure:
            self._enter("Failed", FailureReason=str(failure))
            return
        self._put_in_service()

    async def _replace(self, deployment: Deployment, count: int) -> None:
        old, new = self._variants[0], self._variant(deployment)
        self._variants.append(new)
        await self._pass_time()
        try:
            await new.scale(count)
        except ProvisioningFailed as failure:  # rolled back: the old deployment never stopped serving
            self._variants.remove(new)
            self._enter("InService", FailureReason=str(failure))
            return
        await old.stop()
        self._variants.remove(old)
        self._put_in_service()

    async def _rescale(self, count: int) -> None:
        variant = self._variants[0]
        await self._pass_time()
        try:
            await variant.scale(count)
        except ProvisioningFailed as failure:
            unchanged = described(variant.deployment, variant.count, variant.count)
            self._enter("RollingBack", FailureReason=str(failure), **unchanged)
            await self._pass_time()
            self._enter("InService")
            return
        self._put_in_service()

    def _put_in_service(self) -> None:
        variant = self._variants[0]
        self.record.pop("FailureReason", None)
        self._enter("InService", **described(variant.deployment, variant.count, variant.count))

    async def _tear_down(self) -> None:
        await self._variants[0].stop()
        await self._pass_time()
        self._backlog.discard()
        self._services.endpoints.delete(self.name)
        self._gone(self.name)

    async def _pass_time(self) -> None:
        await asyncio.sleep(self._services.settings.transition_seconds)

    def _variant(self, deployment: Deployment) -> Variant:
        return Variant(self.name, deployment, self._backlog, self._services)


def _pending(deployment: Deployment) -> Record:
    return {PENDING: {"EndpointConfigName": deployment["config_name"]}}
