"""Waiting for what another thread or process does, no longer than needed."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def eventually(look: Callable[[], Found], seconds: float = 60, pause: float = 0.02) -> Found:
    """What `look` finds, as soon as that is truthy; an AssertionError if it never is."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(pause)
    return found
