"""How a check ends, and waiting for what it looks for."""

import time
from collections.abc import Callable
from typing import Literal, NamedTuple, TypeVar

Found = TypeVar("Found")


class CheckFailed(Exception):
    """The deployment does not do what it should; the text says what it did."""


class NotShown(Exception):
    """This deployment can't show it; the text says why."""


class Result(NamedTuple):
    check: str
    verdict: Literal["passed", "failed", "not shown"]
    why: str

    def __str__(self) -> str:
        return f"{self.verdict:9}  {self.check}: {self.why}"


def require(condition: bool, otherwise: str) -> None:
    """Raises CheckFailed with the sentence if the condition does not hold."""
    if not condition:
        raise CheckFailed(otherwise)


def until(look: Callable[[], Found | None], seconds: float, what: str, pause: float = 1.0) -> Found:
    """What `look` finds, as soon as that is truthy. Raises CheckFailed, naming what did not come in time."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        require(time.monotonic() < deadline, f"{what} did not come within {seconds:.0f} s")
        time.sleep(pause)
    return found
