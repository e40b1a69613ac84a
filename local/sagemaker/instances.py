"""Instances: one container that is started again when it dies, and the worker that feeds it."""

import asyncio
import logging
import sys

from local.sagemaker import tasks
from local.sagemaker.backlog import Backlog
from local.sagemaker.containers import Container, ContainerFailed
from local.sagemaker.deployments import Deployment
from local.sagemaker.services import Services
from local.sagemaker.worker import Worker

log = logging.getLogger(__name__)

RESTART_PAUSE_SECONDS = 1.0


class Instance:
    """One of those that run a deployment of an endpoint."""

    def __init__(self, endpoint: str, deployment: Deployment, backlog: Backlog, services: Services) -> None:
        self._endpoint = endpoint
        self._deployment = deployment
        self._services = services
        self._worker = Worker(backlog, services.objects, services.notices, deployment["async_inference"])
        self._container: Container | None = None
        self._service: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the container and wait for its first good ping; raises ContainerFailed if none comes."""
        self._container = await self._launch()

    def serve(self) -> None:
        """Begin to take work once it has started, and go on until `stop`."""
        self._service = tasks.start(self._supervise())

    async def stop(self) -> None:
        """Stop the container as SageMaker would; what it did not finish is back in the backlog then."""
        if self._service:
            self._service.cancel()
            await asyncio.wait([self._service])
        if self._container:
            await self._container.stop()
        await self._worker.finish()

    async def _supervise(self) -> None:
        while self._container:
            feeding = tasks.start(self._worker.feed(self._container))
            try:
                status = await self._container.exited()
            finally:
                feeding.cancel()
            log.warning("%s: the container exited with status %s and is started again", self._endpoint, status)
            self._container = await self._relaunch()

    async def _relaunch(self) -> Container:
        while True:
            try:
                return await self._launch()
            except ContainerFailed as failure:
                log.warning("%s: the container did not come up: %s", self._endpoint, failure)
                await asyncio.sleep(RESTART_PAUSE_SECONDS)

    async def _launch(self) -> Container:
        settings = self._services.settings
        logs = settings.state / "logs"
        logs.mkdir(exist_ok=True)
        credentials = f"http://127.0.0.1:{settings.port}/credentials/{self._endpoint}"
        container = await Container.launch(
            _module(self._deployment["image"]) or settings.container_command,
            {
                **self._deployment["environment"],
                **settings.container_environment,  # last: the machine is this one, whatever the instance type says
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": credentials,
            },
            logs / f"{self._endpoint}.log",
            self._services.http,
        )
        limit = self._deployment["variant"].get("ContainerStartupHealthCheckTimeoutInSeconds", settings.startup_seconds)
        try:
            await container.ready(limit)
        except BaseException:  # if cancelled, too: nobody else knows of the process yet
            await container.kill()
            raise
        return container


def _module(image: str) -> tuple[str, ...] | None:
    """The command of an image that stands for a Python module, as `…/tests.e2e.webui:module` does."""
    name = image.rpartition("/")[2]
    return (sys.executable, "-m", name.removesuffix(":module")) if name.endswith(":module") else None
