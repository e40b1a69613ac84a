"""Waiting for what another thread or process does, no longer than needed."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

DEADLINE_SECONDS = 15.0


def eventually(look: Callable[[], Found]) -> Found:
    """What `look` finds as soon as that is true; an AssertionError if it never is."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return found
