"""The queue of one endpoint, on disk: one file per invocation, in the folder that says whether it waits or runs."""

import asyncio
import shutil
from pathlib import Path

from local.sagemaker.files import write_atomically
from local.sagemaker.invocations import Invocation


class Backlog:
    """First in, first out. Every step is one rename, so a crash leaves each invocation in exactly one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._queued = folder / "queued"
        self._held = folder / "held"
        self._queued.mkdir(parents=True, exist_ok=True)
        self._held.mkdir(exist_ok=True)
        self._filled = asyncio.Event()
        if self._waiting():
            self._filled.set()

    def add(self, invocation: Invocation) -> None:
        """Queue a new one behind the others."""
        write_atomically(self._queued / f"{invocation.ticket}.json", invocation.to_json())
        self._filled.set()

    async def filled(self) -> None:
        """Wait until there is something to take."""
        await self._filled.wait()

    def take(self) -> Invocation | None:
        """Hold the oldest one; None if another instance was quicker."""
        waiting = self._waiting()
        if len(waiting) <= 1:
            self._filled.clear()
        if not waiting:
            return None
        oldest = min(waiting)
        return Invocation.from_json(oldest.rename(self._held / oldest.name).read_text())

    @property
    def size(self) -> int:
        """How many wait or are in work: ApproximateBacklogSize."""
        return len(self._waiting()) + len(list(self._held.glob("*.json")))

    def held(self) -> list[Invocation]:
        """Those taken and neither put back nor removed: after a start, what the last run lost."""
        return [Invocation.from_json(file.read_text()) for file in sorted(self._held.glob("*.json"))]

    def put_back(self, invocation: Invocation) -> None:
        """Queue a held one again, at its old place."""
        (self._held / f"{invocation.ticket}.json").rename(self._queued / f"{invocation.ticket}.json")
        self._filled.set()

    def remove(self, invocation: Invocation) -> None:
        """Forget a held one that is done."""
        (self._held / f"{invocation.ticket}.json").unlink()

    def discard(self) -> None:
        """Forget everything, since the endpoint is gone."""
        shutil.rmtree(self._folder)

    def _waiting(self) -> list[Path]:
        return list(self._queued.glob("*.json"))
