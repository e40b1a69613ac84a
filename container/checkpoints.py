"""Checkpoints in memory: the one that was drawn with last stays."""

from container.files import Files
from container.pipeline import Pipeline
from shared.shapes import Model


class Checkpoints:
    def __init__(self, files: Files) -> None:
        self._files = files
        self._loaded: tuple[Model, Pipeline] | None = None

    def load(self, model: Model) -> Pipeline:
        """The pipeline of a checkpoint. Raises MissingFile or UnusableCheckpoint."""
        if self._loaded and self._loaded[0] == model:
            return self._loaded[1]
        file = self._files.fetch(model)
        self._loaded = None  # first, so that two never share the memory
        pipeline = Pipeline.load(file.path, model.name, file.sha256)
        self._loaded = (model, pipeline)
        return pipeline
