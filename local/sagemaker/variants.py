"""Variants: the instances that run one deployment of one endpoint, all fed from the same backlog."""

import asyncio

from local.sagemaker import quotas, tasks
from local.sagemaker.backlog import Backlog
from local.sagemaker.containers import ContainerFailed
from local.sagemaker.deployments import Deployment, instance_type
from local.sagemaker.instances import Instance
from local.sagemaker.services import Services


class ProvisioningFailed(Exception):
    """The instances could not be provided; the message is the endpoint's `FailureReason`."""


class Variant:
    """It has no instances at first. Those that leave end in the background, and `stop` waits for them too."""

    def __init__(self, endpoint: str, deployment: Deployment, backlog: Backlog, services: Services) -> None:
        self.deployment = deployment
        self._endpoint = endpoint
        self._backlog = backlog
        self._services = services
        self._instances: list[Instance] = []
        self._leaving: set[asyncio.Task[None]] = set()

    @property
    def count(self) -> int:
        """How many instances take work."""
        return len(self._instances)

    async def scale(self, count: int) -> None:
        """Start or stop instances until there are `count`; raises ProvisioningFailed with as many as before."""
        if count > self.count:
            self._instances += await self._started(count - self.count)
        surplus, self._instances = self._instances[count:], self._instances[:count]
        await self._retire(surplus)

    async def stop(self) -> None:
        """Stop them all; what they did not finish is back in the backlog then."""
        leaving, self._instances = self._instances, []
        await self._retire(leaving)

    async def _started(self, number: int) -> list[Instance]:
        if instance_type(self.deployment) == quotas.UNAVAILABLE:
            raise ProvisioningFailed(quotas.NO_CAPACITY)
        new = [Instance(self._endpoint, self.deployment, self._backlog, self._services) for _ in range(number)]
        try:
            async with asyncio.TaskGroup() as starting:
                for instance in new:
                    starting.create_task(instance.start())
        except BaseException as failure:  # if cancelled, too: nobody else knows of those that did start
            await self._retire(new)
            raise self._told(failure) from None
        for instance in new:
            instance.serve()
        return new

    def _told(self, failure: BaseException) -> BaseException:
        if not isinstance(failure, ExceptionGroup) or not failure.subgroup(ContainerFailed):
            return failure
        variant = self.deployment["variant"]["VariantName"]
        return ProvisioningFailed(
            f"The primary container for production variant {variant} did not pass the ping health check: "
            f"{failure.exceptions[0]}."
        )

    async def _retire(self, instances: list[Instance]) -> None:
        for instance in instances:
            leaving = tasks.start(instance.stop())
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)
        if self._leaving:
            await asyncio.wait(self._leaving)
