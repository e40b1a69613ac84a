"""Models in memory: what was drawn with last stays while it fits."""

from collections.abc import Callable
from typing import TypeVar

from container.files import File, Files
from container.infotext import Named
from container.memory import Memory
from container.pipeline import Pipeline
from container.tensors import UnusableFile
from shared.contents import Base
from shared.shapes import Model

T = TypeVar("T")
OnRange = Callable[[], None]


class Models:
    """What is in memory touches neither the disk nor the network. One thread at a time may use it."""

    def __init__(self, files: Files, memory: Memory) -> None:
        self._files = files
        self._memory = memory

    def pipeline(self, checkpoint: Model, on_range: OnRange) -> Pipeline:
        """An order's checkpoint, which is to be asked for first. Raises Failure."""
        self._memory.start_order()

        def load(file: File) -> Pipeline:
            return Pipeline.load(file.path, Named(checkpoint.name, file.sha256))

        return self._get(checkpoint, load, lambda pipeline: pipeline.model.size_in_memory, on_range)

    def network(self, model: Model, load: Callable[[File], T], on_range: OnRange, base: Base) -> T:
        """What `load` makes of a network's file for checkpoints of that base. It counts as large as its file.

        `on_range` is called while the file arrives, and may raise. Raises Failure.
        """
        return self._get(model, load, lambda _: model.size, on_range, base)

    def _get(
        self, model: Model, load: Callable[[File], T], size: Callable[[T], int], on_range: OnRange, base: str = ""
    ) -> T:
        key = (model.type, model.name, model.etag, base)
        return self._memory.get(key, lambda: load(self._file(model, on_range)), model.size, size)

    def _file(self, model: Model, on_range: OnRange) -> File:
        file = self._files.fetch(model, on_range)
        if model.sha256 not in (None, file.sha256):
            raise UnusableFile(
                f"The {model.type} {model.name!r} is not the file that its uploader has: its SHA-256 is {file.sha256}. "
                "Upload it again."
            )
        return file
