"""Extra networks as a prompt names them: `<lora:NAME:0.8>`, `<hypernet:NAME:1>`."""

import re
from typing import NamedTuple

from shared.shapes import ModelType

BODY_DETECTOR = "body_pose_model"  # as OpenPose's file is called

_TAG = re.compile(r"<(lora|lyco|hypernet):([^:<>]+)((?::[^:<>]*)*)>", re.IGNORECASE)
_TYPES = {"lora": ModelType.LORA, "lyco": ModelType.LORA, "hypernet": ModelType.HYPERNETWORK}


class Tag(NamedTuple):
    """One network that a prompt names, with what stands behind its name: `0.8`, or `te=1` and `unet=0.5`."""

    type: ModelType
    name: str
    arguments: list[str]


def tags(prompt: str) -> list[Tag]:
    """The networks that a prompt names, in its order."""
    return [
        Tag(_TYPES[kind.lower()], name.strip(), arguments.split(":")[1:])
        for kind, name, arguments in _TAG.findall(prompt)
    ]


def without_tags(prompt: str) -> str:
    """What is left for the text encoder to read."""
    return _TAG.sub("", prompt)
