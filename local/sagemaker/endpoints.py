"""The life of an endpoint: its states, and what happens between them."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any

from local.sagemaker import tasks
from local.sagemaker.backlog import Backlog
from local.sagemaker.containers import ContainerFailed
from local.sagemaker.deployments import Deployment, described
from local.sagemaker.instances import Instance
from local.sagemaker.invocations import Invocation
from local.sagemaker.records import Record
from local.sagemaker.refusals import Refusal
from local.sagemaker.services import Services

log = logging.getLogger(__name__)

SERVING = ("InService", "Updating", "SystemUpdating")
"""States in which an endpoint takes invocations. An update on AWS costs no availability."""


class Endpoint:
    """One endpoint, its queue and, while it serves, its instance."""

    def __init__(self, record: Record, services: Services, gone: Callable[[str], None]) -> None:
        self.record = record
        self._services = services
        self._gone = gone
        self._backlog = Backlog(services.settings.state / "backlogs" / self.name)
        self._instance: Instance | None = None
        self._transition: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.record["EndpointName"])

    @property
    def status(self) -> str:
        """Its state, as DescribeEndpoint spells it."""
        return str(self.record["EndpointStatus"])

    def create(self) -> None:
        """Begin to create what the record asks for."""
        self._enter("Creating")
        self._begin(self._bring_up())

    def update(self, deployment: Deployment) -> None:
        """Begin to replace the deployment; raises Refusal unless the endpoint is in service."""
        if self.status == "Failed":
            raise Refusal(f'Cannot update failed endpoint "{self.record["EndpointArn"]}".')
        self._refuse_in_progress()
        self._enter("Updating")
        self._begin(self._replace(deployment))

    def delete(self) -> None:
        """Begin to delete it, with what is in its queue; raises Refusal while another change is going on."""
        self._refuse_in_progress()
        self._enter("Deleting")
        self._begin(self._tear_down())

    def resume(self) -> None:
        """Take up the life that the emulator's last end cut short.

        An endpoint that was in service shows as SystemUpdating until its container pings again: AWS's state for
        maintenance that nobody asked for. An update that was cut short is thereby rolled back.
        """
        if self.status == "Deleting":
            self._begin(self._tear_down())
        elif self.status != "Failed":
            self._enter("Creating" if self.status == "Creating" else "SystemUpdating")
            self._begin(self._bring_up())

    def add(self, invocation: Invocation) -> None:
        """Queue an invocation."""
        self._backlog.add(invocation)

    async def shut_down(self) -> None:
        """End with the emulator, to be resumed at its next start."""
        if self._transition:
            self._transition.cancel()
            await asyncio.wait([self._transition])
        if self._instance:
            await self._instance.stop()

    def _refuse_in_progress(self) -> None:
        if self.status not in ("InService", "Failed"):
            raise Refusal(f'Cannot update in-progress endpoint "{self.record["EndpointArn"]}".')

    def _begin(self, transition: Coroutine[Any, Any, None]) -> None:
        self._transition = tasks.start(transition)

    def _enter(self, status: str, **members: Any) -> None:
        log.info("%s: %s", self.name, status)
        self.record = self.record | members | {"EndpointStatus": status, "LastModifiedTime": time.time()}
        self._services.endpoints.save(self.record)
        self._services.events.tell(self.record)

    async def _bring_up(self) -> None:
        deployment = self.record["Deployment"]
        instance = Instance(self.name, deployment, self._backlog, self._services)
        await instance.fail_lost()
        await self._pass_time()
        try:
            await instance.start()
        except ContainerFailed as failure:
            self._enter("Failed", FailureReason=_ping_failure(deployment, failure))
            return
        self._put_in_service(instance, deployment)

    async def _replace(self, deployment: Deployment) -> None:
        instance = Instance(self.name, deployment, self._backlog, self._services)
        await self._pass_time()
        try:
            await instance.start()
        except ContainerFailed as failure:  # rolled back: the old deployment never stopped serving
            self._enter("InService", FailureReason=_ping_failure(deployment, failure))
            return
        if self._instance:
            await self._instance.stop()
        self._put_in_service(instance, deployment)

    def _put_in_service(self, instance: Instance, deployment: Deployment) -> None:
        self._instance = instance
        instance.serve()
        self.record.pop("FailureReason", None)
        self._enter("InService", **described(deployment))

    async def _tear_down(self) -> None:
        if self._instance:
            await self._instance.stop()
            self._instance = None
        await self._pass_time()
        self._backlog.discard()
        self._services.endpoints.delete(self.name)
        self._gone(self.name)

    async def _pass_time(self) -> None:
        await asyncio.sleep(self._services.settings.transition_seconds)


def _ping_failure(deployment: Deployment, failure: ContainerFailed) -> str:
    variant = deployment["variant"]["VariantName"]
    return f"The primary container for production variant {variant} did not pass the ping health check: {failure}."
