"""Where models lie in the bucket: `models/{type}/{file}`."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

from shared.cloud import Cloud
from shared.shapes import Model, ModelType
from shared.tables.models import is_model, stem

FOLDER = "models/"


class Place(NamedTuple):
    """What a file is known as: a model's name is its file's, without the ending."""

    type: ModelType
    name: str

    @property
    def id(self) -> tuple[ModelType, str]:
        """Equal for files of which only one can be the model."""
        return self.type, stem(self.name)


def place(key: str) -> Place | None:
    """The place that a key stands for; None if no model lies there."""
    match key.split("/"):
        case ["models", type, file] if type in list(ModelType) and is_model(file):
            return Place(ModelType(type), PurePosixPath(file).stem)
    return None


def key(type: ModelType, file: str) -> str:
    return f"{FOLDER}{type}/{file}"


def of(model: Model, cloud: Cloud) -> Iterator[str]:
    """The keys of all files that this model's record may stand for: its own, and those of another case or extension.

    The bucket's keys are case-sensitive, so all files of the type are looked through.
    """
    yield model.key
    for found, _ in cloud.bucket.list(key(model.type, "")):
        at = place(found)
        if found != model.key and at and at.id == Place(model.type, model.name).id:
            yield found
