"""Extra networks as a prompt names them: `<lora:NAME:0.8>`, `<hypernet:NAME:1>`."""

import re
from typing import NamedTuple

from shared.shapes import ModelType

BODY_DETECTOR = "body_pose_model"  # as OpenPose's file is called

_TAG = re.compile(r"<(\w+):([^>]+)>")  # the WebUI's, of whatever kind
_TYPES = {"lora": ModelType.LORA, "lyco": ModelType.LORA, "hypernet": ModelType.HYPERNETWORK}


class Tag(NamedTuple):
    """One network that a prompt names, with what stands behind its name: `0.8`, or `te=1` and `unet=0.5`."""

    type: ModelType
    name: str
    arguments: list[str]


def tags(prompt: str) -> list[Tag]:
    """The networks that a prompt names, in its order."""
    read = map(_read, _TAG.finditer(prompt))
    return [tag for tag in read if tag]


def unknown_tags(prompt: str) -> list[str]:
    """What is a tag, too, and of no kind that is known, such as `<wildcard:animals>`."""
    return [found[0] for found in _TAG.finditer(prompt) if not _read(found)]


def without_tags(prompt: str) -> str:
    """What is left for the text encoder to read, without unknown ones either, as in the WebUI."""
    return _TAG.sub("", prompt)


def _read(found: re.Match[str]) -> Tag | None:
    name, *arguments = found[2].split(":")
    type = _TYPES.get(found[1].lower())
    return Tag(type, name.strip(), arguments) if type else None
