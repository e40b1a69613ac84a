"""How far something is, on stderr: a bar on a terminal; elsewhere a line for each state, and for each tenth of it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from goc.shapes import Job

Show = Callable[[str, float | None], None]  # a state, and the share of it that is done, 0 to 1, if known
WAITS = {"instance": "waits for an instance", "turn": "waits for its turn"}


@contextmanager
def following() -> Iterator[Show]:
    if not sys.stderr.isatty():
        yield Lines().show
        return
    columns = SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn()
    with Progress(*columns, console=Console(stderr=True)) as bars:
        bar = bars.add_task("", total=None)

        def show(state: str, share: float | None) -> None:
            bars.update(bar, description=state, total=None if share is None else 1.0, completed=share or 0.0)

        yield show


@contextmanager
def uploading() -> Iterator[Callable[[int, int], None]]:
    """Yields a function that takes the bytes that have arrived, and those of the whole."""
    if not sys.stderr.isatty():
        lines = Lines()
        yield lambda done, total: lines.show(_stage(done, total), done / total)
        return
    speed = DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn()
    columns = TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), *speed
    with Progress(*columns, console=Console(stderr=True)) as bars:
        bar = bars.add_task("reading", total=None)
        yield lambda done, total: bars.update(bar, description=_stage(done, total), total=total, completed=done)


def _stage(done: int, total: int) -> str:
    return "checking" if done == total else "uploading"


class Lines:
    def __init__(self) -> None:
        self._shown: object = None

    def show(self, state: str, share: float | None) -> None:
        """Print it, unless it is hardly further than what was printed last."""
        position = (state, int((share or 0) * 10))
        if position != self._shown:
            self._shown = position
            print(state if share is None else f"{state} {share:.0%}", file=sys.stderr, flush=True)


def state_of(job: Job) -> tuple[str, float | None]:
    """As in `waits for an instance; 2 jobs before it`."""
    if job.status != "queued":
        return job.status, job.progress
    waits = WAITS.get(job.waiting_for or "", job.status)
    before = f"{job.ahead} job{'s' if job.ahead != 1 else ''} before it" if job.ahead else ""
    return "; ".join(filter(None, [waits, before])), None
