"""What is loaded stays in memory while it fits: checkpoints, and what is drawn with beside them."""

import gc
import os
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple, TypeVar

import torch

from container.failures import Failure

# Left free on a GPU to draw in. The largest moment of a 1024x1024 picture is its decoding: 256 channels at full size
# are 1 GiB in single precision, and a block of the decoder holds several of them at once.
DRAWING_BYTES = 8 * 2**30

_TOGETHER = (
    "The endpoint's memory is too small for the models of this job together. Order with a smaller checkpoint, "
    "with fewer extra networks, or on an endpoint whose instances have more memory, of the GPU where they have one."
)

T = TypeVar("T")


class NoMemory(Failure):
    """What an order needs does not fit, though nothing else is loaded."""


class _Held(NamedTuple):
    thing: Any
    bytes: int


class Memory:
    """Loaded things, the least recently used let go for the next. One thread at a time may use it.

    What the present order uses stays, also past the budget: to let go of it would free nothing.
    """

    def __init__(self, budget: int) -> None:
        """`budget` in bytes."""
        self._budget = budget
        self._held: dict[Hashable, _Held] = {}  # the least recently used first
        self._in_use: set[Hashable] = set()

    def start_order(self) -> None:
        """What was used until now may be let go."""
        self._in_use.clear()

    def get(self, key: Hashable, load: Callable[[], T], expected: Callable[[], int], size: Callable[[T], int]) -> T:
        """The thing of this key, loaded where it is not in memory.

        Room is made for `expected` bytes before it is loaded, and for what it takes by `size` after. Raises NoMemory,
        and what `load` and `expected` raise.
        """
        self._in_use.add(key)
        if key not in self._held:
            self._make_room(expected())
            loaded = self.attempt(load, _TOGETHER)
            self._held[key] = _Held(loaded, size(loaded))
            self._make_room(0)
        held = self._held[key] = self._held.pop(key)
        thing: T = held.thing
        return thing

    def let_go(self) -> bool:
        """Free all that the present order does not use, so that it may draw. False where there was nothing."""
        return self._drop(self._idle())

    def attempt(self, do: Callable[[], T], failure: str) -> T:
        """What `do` answers; where memory runs out, once more without what other orders left. Raises NoMemory."""
        try:
            return do()
        except Exception as error:
            if not ran_out(error):
                raise
        # out here: until its end the error holds what was made so far
        self.let_go()
        try:
            return do()
        except Exception as error:
            if not ran_out(error):
                raise
            raise NoMemory(failure) from error

    def _make_room(self, needed: int) -> None:
        excess = sum(held.bytes for held in self._held.values()) + needed - self._budget
        dropped = []
        for key in self._idle():
            if excess <= 0:
                break
            excess -= self._held[key].bytes
            dropped.append(key)
        self._drop(dropped)

    def _idle(self) -> list[Hashable]:
        return [key for key in self._held if key not in self._in_use]

    def _drop(self, keys: list[Hashable]) -> bool:
        for key in keys:
            del self._held[key]
        if keys:
            gc.collect()  # a pipeline refers to itself
            torch.cuda.empty_cache()
        return bool(keys)


def ran_out(error: BaseException) -> bool:
    """Whether an error says that memory ran out. Of the machine's own, torch says so by its words alone."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "DefaultCPUAllocator" in str(error)


def budget() -> int:
    """Bytes for models: the GPU's memory but for what drawing needs; without a GPU half of the machine's memory."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_properties(0).total_memory - DRAWING_BYTES
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
