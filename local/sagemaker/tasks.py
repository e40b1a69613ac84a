"""Background tasks whose bugs are reported."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

log = logging.getLogger(__name__)


def start(coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Run it in the background; an exception that ends it is logged at once, not when somebody asks for the task."""
    task = asyncio.create_task(coroutine)
    task.add_done_callback(_report)
    return task


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception():
        log.error("a task in the background ended by a bug", exc_info=task.exception())
