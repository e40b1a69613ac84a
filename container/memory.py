"""Checkpoints, and what is used along with them, stay in memory while they fit."""

import gc
import os
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple, TypeVar

import torch

from container.failures import Failure

# Left free on a GPU for drawing. A 1024x1024 picture takes the most when it is decoded: 256 channels at full size are
# 1 GiB in single precision, and a block of the decoder holds several such tensors at once.
DRAWING_BYTES = 8 * 2**30

_TOGETHER = (
    "The endpoint's memory is too small for the models of this job together. Order with a smaller checkpoint, "
    "with fewer extra networks, or on an endpoint whose instances have more memory, of the GPU where they have one."
)

T = TypeVar("T")


class NoMemory(Failure):
    """What an order needs does not fit, even with nothing else loaded."""


class _Held(NamedTuple):
    thing: Any
    bytes: int


class Memory:
    """Loaded things, of which the least recently used make room for others. One thread at a time may use it.

    What the current order uses stays, even beyond the budget: dropping it would free nothing.
    """

    def __init__(self, budget: int) -> None:
        """`budget` in bytes."""
        self._budget = budget
        self._held: dict[Hashable, _Held] = {}  # the least recently used first
        self._in_use: set[Hashable] = set()

    def start_order(self) -> None:
        """From here on, what was used before may be dropped."""
        self._in_use.clear()

    def get(self, key: Hashable, load: Callable[[], T], expected: Callable[[], int], size: Callable[[T], int]) -> T:
        """The thing with this key, loaded if it is not in memory.

        Room is made for `expected()` bytes before it is loaded, and for its `size` afterwards. Raises NoMemory, and
        what `load` and `expected` raise.
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
        """Free everything that the current order does not use. False if there was nothing."""
        return self._drop(self._idle())

    def attempt(self, do: Callable[[], T], failure: str) -> T:
        """What `do` returns; if memory runs out, it is tried again without what other orders left. Raises NoMemory."""
        try:
            return do()
        except Exception as error:
            if not ran_out(error):
                raise
        # out here: within `except`, the error would hold what was made so far
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
    """Whether an error means that memory ran out. Of the machine's own, torch says so only in the message."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "DefaultCPUAllocator" in str(error)


def budget() -> int:
    """Bytes for models: the GPU's memory less what drawing needs; without a GPU, half of the machine's memory."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_properties(0).total_memory - DRAWING_BYTES
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
