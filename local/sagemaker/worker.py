"""The worker of one instance: takes invocations off the backlog, feeds the container and sees each to its notice."""

import asyncio
import logging

from local.sagemaker import reasons, tasks
from local.sagemaker.backlog import Backlog
from local.sagemaker.containers import Container
from local.sagemaker.invocations import Answer, HandedBack, Invocation, InvocationFailed
from local.sagemaker.notices import Notices
from local.sagemaker.objects import Objects
from local.sagemaker.records import Record

log = logging.getLogger(__name__)


class Worker:
    """Sees that an invocation leaves the backlog only after its object is written and its notice is sent.

    A crash between the two therefore sends a second notice, a failure after the success: SNS may do the same.
    """

    def __init__(self, backlog: Backlog, objects: Objects, notices: Notices, config: Record) -> None:
        self._backlog = backlog
        self._objects = objects
        self._notices = notices
        self._topics: Record = config["OutputConfig"].get("NotificationConfig", {})
        # SageMaker chooses when the config does not; one at a time is what a GPU does well.
        self._concurrency: int = config.get("ClientConfig", {}).get("MaxConcurrentInvocationsPerInstance", 1)
        self._busy: set[asyncio.Task[None]] = set()

    async def feed(self, container: Container) -> None:
        """Hand the container one invocation after the other, until it has ended or this is cancelled."""
        slots = asyncio.Semaphore(self._concurrency)
        while True:
            await slots.acquire()
            await self._backlog.filled()
            if not container.running:
                return
            invocation = self._backlog.take()
            if invocation is None:
                slots.release()
                continue
            task = tasks.start(self._carry_out(invocation, container))
            self._busy.add(task)
            task.add_done_callback(self._busy.discard)
            task.add_done_callback(lambda _: slots.release())

    async def finish(self) -> None:
        """Wait for what is under way, once nothing feeds any more."""
        if self._busy:
            await asyncio.wait(self._busy)

    async def fail_lost(self) -> None:
        """Send the failure notices of what the last run of the emulator held when it was killed."""
        for invocation in self._backlog.held():
            await self._fail(invocation, InvocationFailed(reasons.INSTANCE_LOST))
            self._backlog.remove(invocation)

    async def _carry_out(self, invocation: Invocation, container: Container) -> None:
        try:
            answer = await self._answer(invocation, container)
            await self._objects.write_output(invocation, answer)
        except HandedBack:
            log.info("%s: %s was handed back", invocation.endpoint, invocation.inference_id)
            self._backlog.put_back(invocation)
            return
        except InvocationFailed as failure:
            await self._fail(invocation, failure)
        else:
            log.info("%s: %s completed", invocation.endpoint, invocation.inference_id)
            await self._notices.completed(invocation, answer, self._topics)
        self._backlog.remove(invocation)

    async def _answer(self, invocation: Invocation, container: Container) -> Answer:
        if invocation.expired:
            raise InvocationFailed(reasons.EXPIRED)
        body = await self._objects.read_input(invocation)
        return await container.invoke(body, invocation.content_type, invocation.timeout_seconds)

    async def _fail(self, invocation: Invocation, failure: InvocationFailed) -> None:
        log.info("%s: %s failed", invocation.endpoint, invocation.inference_id)
        await self._objects.write_failure(invocation, str(failure))
        await self._notices.failed(invocation, failure, self._topics)
