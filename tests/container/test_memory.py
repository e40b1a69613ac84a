"""Things of a few bytes, in a memory of ten."""

import weakref
from collections.abc import Callable

import pytest
import torch

from container.failures import Failure
from container.memory import DRAWING_BYTES, Memory, NoMemory, budget


class Thing:
    """Refers to itself, as pipelines do: only the garbage collector frees it."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.itself = self


class Loads:
    """Loads things, and counts how often."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self.loaded: list[str] = []

    def get(self, name: str, size: int = 4, before: Callable[[], None] = lambda: None) -> Thing:
        def load() -> Thing:
            self.loaded.append(name)
            before()
            return Thing(size)

        return self._memory.get(name, load, lambda: size, lambda thing: thing.size)

    def order(self, *names: str) -> None:
        self._memory.start_order()
        for name in names:
            self.get(name)


@pytest.fixture
def memory() -> Memory:
    return Memory(10)


@pytest.fixture
def loads(memory: Memory) -> Loads:
    return Loads(memory)


def out_of_memory(times: int) -> Callable[[], None]:
    left = iter(range(times))

    def fail() -> None:
        if next(left, None) is not None:
            raise torch.OutOfMemoryError("CUDA out of memory")

    return fail


def test_two_that_fit_are_switched_between_without_a_reload(loads: Loads) -> None:
    for name in ("one", "two", "one", "two"):
        loads.order(name)
    assert loads.loaded == ["one", "two"]


def test_the_least_recently_used_goes_for_the_next(loads: Loads) -> None:
    for name in ("one", "two", "one", "three", "one", "two"):
        loads.order(name)
    assert loads.loaded == ["one", "two", "three", "two"]


def test_room_is_made_before_the_next_is_loaded(memory: Memory, loads: Loads) -> None:
    first = weakref.ref(loads.get("one", 8))
    memory.start_order()
    seen: list[Thing | None] = []
    loads.get("two", 8, before=lambda: seen.append(first()))
    assert seen == [None]


def test_what_turns_out_larger_than_expected_pushes_others_out(memory: Memory, loads: Loads) -> None:
    loads.order("one")
    memory.start_order()
    memory.get("large", lambda: Thing(8), lambda: 4, lambda thing: thing.size)
    loads.order("one")
    assert loads.loaded == ["one", "one"]


def test_one_that_is_larger_than_the_memory_stays_alone(memory: Memory, loads: Loads) -> None:
    loads.order("one")
    for _ in range(2):
        memory.start_order()
        loads.get("huge", 20)
    assert loads.loaded == ["one", "huge"]


def test_what_one_order_uses_together_stays_together(loads: Loads) -> None:
    loads.order("one", "two", "three")
    loads.order("one", "two", "three")
    assert loads.loaded == ["one", "two", "three"]


def test_what_is_let_go_is_given_back_to_the_gpu(memory: Memory, loads: Loads, monkeypatch: pytest.MonkeyPatch) -> None:
    first = weakref.ref(loads.get("one"))
    alive: list[bool] = []
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: alive.append(first() is not None))
    assert not memory.let_go()
    memory.start_order()
    assert memory.let_go()
    assert alive == [False]


def test_loading_that_runs_out_of_memory_is_tried_again_alone(memory: Memory, loads: Loads) -> None:
    loads.order("one")
    memory.start_order()
    loads.get("two", before=out_of_memory(1))
    loads.order("one")
    assert loads.loaded == ["one", "two", "two", "one"]


def test_loading_that_runs_out_of_memory_alone_says_so(loads: Loads) -> None:
    with pytest.raises(NoMemory, match="smaller checkpoint"):
        loads.get("one", before=out_of_memory(2))
    assert loads.get("one").size == 4


def exhaust() -> None:
    """Ask for more memory than any machine has."""
    torch.empty(2**55)


def test_the_machines_own_memory_runs_out_in_words_of_torchs(loads: Loads) -> None:
    with pytest.raises(NoMemory, match="smaller checkpoint"):
        loads.get("one", before=exhaust)


@pytest.mark.parametrize("error", [RuntimeError("the sizes don't fit"), KeyError("a")])
def test_another_error_is_none_of_memory(loads: Loads, error: Exception) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(type(error)):
        loads.get("one", before=fail)
    assert loads.loaded == ["one"]


def test_what_could_not_be_loaded_is_not_held(loads: Loads) -> None:
    def fail() -> None:
        raise Failure("It is broken.")

    with pytest.raises(Failure, match="broken"):
        loads.get("one", before=fail)
    loads.get("one")
    assert loads.loaded == ["one", "one"]


def test_a_gpu_keeps_room_to_draw_in(monkeypatch: pytest.MonkeyPatch) -> None:
    class Properties:
        total_memory = 24 * 2**30

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: Properties)
    assert budget() == 24 * 2**30 - DRAWING_BYTES


def test_without_a_gpu_some_of_the_machines_memory_is_for_models() -> None:
    assert 0 < budget() < 2**50
