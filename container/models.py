"""Models in memory: the last ones used stay while they fit."""

from collections.abc import Callable
from functools import cache, partial
from typing import TypeVar

from container import loading
from container.files import File, Files
from container.infotext import Named
from container.memory import Memory
from container.pipeline import Pipeline
from container.tensors import UnusableFile
from shared.shapes import Model

T = TypeVar("T")
OnRange = Callable[[], None]


class Models:
    """What is in memory touches neither the disk nor the network. One thread at a time may use it."""

    def __init__(self, files: Files, memory: Memory) -> None:
        self._files = files
        self._memory = memory

    def pipeline(self, checkpoint: Model, on_range: OnRange) -> Pipeline:
        """An order's checkpoint; call this before asking for its networks. Raises Failure.

        `on_range` is called while the file arrives and while it is loaded, and may raise.
        """
        self._memory.start_order()
        file = self._once(checkpoint, on_range)
        return self._memory.get(
            _key(checkpoint),
            lambda: Pipeline.load(file().path, Named(checkpoint.name, file().sha256), on_range),
            lambda: loading.expected_size(file().path, _subject(checkpoint), loading.CHECKPOINT_PARTS),
            lambda pipeline: pipeline.model.size_in_memory,
        )

    def network(
        self,
        model: Model,
        load: Callable[[File], T],
        on_range: OnRange,
        architecture: str,
        size: Callable[[T], int] | None = None,
    ) -> T:
        """What `load` makes of a network's file for checkpoints of that architecture.

        It counts as many bytes as `size` says or, without that, as its file has. `on_range` is called while the file
        arrives, and may raise. Raises Failure.
        """
        file = self._once(model, on_range)
        return self._memory.get(
            _key(model, architecture),
            lambda: load(file()),
            lambda: loading.expected_size(file().path, _subject(model)) if size else model.size,
            size or (lambda _: model.size),
        )

    def attempt(self, do: Callable[[], T], failure: str) -> T:
        """What `do` returns; if memory runs out, it is tried again without what other orders left. Raises NoMemory."""
        return self._memory.attempt(do, failure)

    def _once(self, model: Model, on_range: OnRange) -> Callable[[], File]:
        return cache(partial(self._file, model, on_range))

    def _file(self, model: Model, on_range: OnRange) -> File:
        file = self._files.fetch(model, on_range)
        if model.sha256 not in (None, file.sha256):
            raise UnusableFile(
                f"{_subject(model)} is not the file that its uploader has: its SHA-256 is {file.sha256}. "
                "Upload it again."
            )
        return file


def _key(model: Model, architecture: str = "") -> tuple[str, ...]:
    return (model.type, model.name, model.etag, architecture)


def _subject(model: Model) -> str:
    return f"The {model.type} {model.name!r}"
