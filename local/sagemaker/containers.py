"""One container, run as a process under SageMaker's container contract."""

import asyncio
import signal
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import httpx

from local.sagemaker import reasons
from local.sagemaker.invocations import Answer, HandedBack, InvocationFailed
from local.sagemaker.processes import end_with_parent, free_port

PING_SECONDS = 2.0
"""How long /ping may take: the container contract in AWS's guide."""
PING_PAUSE_SECONDS = 0.1
STOP_SECONDS = 30.0
"""From SIGTERM to SIGKILL: the container contract."""
EXIT_SECONDS = 1.0
"""How long after a broken connection to look for the container's end: the socket closes a little before it."""
DEFAULT_CONTENT_TYPE = "application/octet-stream"


class ContainerFailed(Exception):
    """The container died, or ran out of time, before its first good ping."""


class Container:
    """A running container. Every wait on it ends when its process does."""

    def __init__(self, process: Process, url: str, http: httpx.AsyncClient) -> None:
        self._process = process
        self._url = url
        self._http = http
        self._stopping = False

    @classmethod
    async def launch(
        cls, command: Sequence[str], environment: Mapping[str, str], log: Path, http: httpx.AsyncClient
    ) -> "Container":
        """Start the process on a free port, which it is told the way SageMaker does; its output is appended to `log`.

        It has a session of its own, so that Ctrl-C on the emulator reaches it only as the emulator's SIGTERM.
        """
        port = free_port()
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *command,
                env={**environment, "SAGEMAKER_BIND_TO_PORT": str(port)},
                stdin=DEVNULL,
                stdout=output,
                stderr=STDOUT,
                start_new_session=True,
                preexec_fn=partial(end_with_parent, signal.SIGKILL),
            )
        return cls(process, f"http://127.0.0.1:{port}", http)

    @property
    def running(self) -> bool:
        """Whether its process is still running, as far as is known."""
        return self._process.returncode is None

    async def exited(self) -> int:
        """Wait for the process to end, and return its status: negative for the signal that killed it."""
        return await self._process.wait()

    async def ready(self, limit: float) -> None:
        """Wait for the first good ping; raises ContainerFailed if it does not come within `limit` seconds."""
        try:
            async with asyncio.timeout(limit):
                while not await self._pings():
                    await asyncio.sleep(PING_PAUSE_SECONDS)
        except TimeoutError:
            raise ContainerFailed(f"it did not answer /ping within {limit:g} s") from None

    async def _pings(self) -> bool:
        if not self.running:
            raise ContainerFailed(f"it exited with status {self._process.returncode}")
        with suppress(httpx.HTTPError):
            return (await self._http.get(f"{self._url}/ping", timeout=PING_SECONDS)).status_code == httpx.codes.OK
        return False

    async def invoke(self, body: bytes, content_type: str | None, limit: float) -> Answer:
        """POST /invocations, and the answer if that is 2xx.

        Raises InvocationFailed for another answer, for none within `limit` seconds and for a broken connection;
        HandedBack when the container is stopping, or was gone before it got the request.
        """
        headers = {"content-type": content_type or DEFAULT_CONTENT_TYPE}
        try:
            async with asyncio.timeout(limit):
                response = await self._http.post(f"{self._url}/invocations", content=body, headers=headers)
        except TimeoutError:
            raise InvocationFailed(reasons.timed_out(limit)) from None
        except httpx.TransportError as broken:
            raise await self._lost(delivered=not isinstance(broken, httpx.ConnectError)) from None
        answer = Answer(response.headers.get("content-type", DEFAULT_CONTENT_TYPE), response.content)
        if response.is_success:
            return answer
        if self._stopping and response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            raise HandedBack
        raise InvocationFailed(reasons.container_error(response.status_code, response.text), answer)

    async def _lost(self, delivered: bool) -> HandedBack | InvocationFailed:
        with suppress(TimeoutError):
            await asyncio.wait_for(self.exited(), EXIT_SECONDS)
        if self._stopping or not delivered:
            return HandedBack()
        return InvocationFailed(reasons.container_lost(self._process.returncode))

    async def stop(self) -> None:
        """SIGTERM, time to finish or hand back, then SIGKILL; returns when the process has ended."""
        self._stopping = True
        with suppress(ProcessLookupError):
            self._process.terminate()
        try:
            await asyncio.wait_for(self.exited(), STOP_SECONDS)
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """SIGKILL; returns when the process has ended."""
        with suppress(ProcessLookupError):
            self._process.kill()
        await self.exited()
