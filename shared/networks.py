"""Models as an order's parameters name them: `<lora:NAME:0.8>` in a prompt, a setting, a ControlNet unit."""

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from shared.parameters import Parameters, Txt2ImgParameters
from shared.shapes import ModelType

BODY_DETECTOR = "body_pose_model"  # as OpenPose's file is called
TAGGED_PROMPTS = ("prompt", "hr_prompt")  # the WebUI reads no tags in negative prompts
UNITS = "parameters.alwayson_scripts.controlnet.args"
VAE = "parameters.override_settings.sd_vae"
_NO_VAE = ("", "automatic", "none")

_TAG = re.compile(r"<(\w+):([^>]+)>")  # the WebUI's, of whatever kind
_TYPES = {"lora": ModelType.LORA, "lyco": ModelType.LORA, "hypernet": ModelType.HYPERNETWORK}


class Tag(NamedTuple):
    """One network that a prompt names, with what follows its name: `0.8`, or `te=1` and `unet=0.5`."""

    type: ModelType
    name: str
    arguments: list[str]


class Named(NamedTuple):
    """A model that is named, and the field that names it."""

    field: str
    type: ModelType
    name: str


def named(parameters: Parameters, detectors: Collection[str]) -> Iterator[Named]:
    """Every model that parameters name. `detectors`: those listed beside them, with which openpose looks if any are."""
    for place, unit in parameters.units.items():
        yield Named(f"{UNITS}.{place}.model", ModelType.CONTROLNET, unit.model)
        if unit.module == "openpose" and not unit.keypoints and not detectors:
            yield Named(f"{UNITS}.{place}.module", ModelType.DETECTOR, BODY_DETECTOR)
    yield from tagged(parameters)
    if vae := sd_vae(parameters):
        yield Named(VAE, ModelType.VAE, vae)


def tagged(parameters: Parameters) -> Iterator[Named]:
    """The models that those prompts name which are used in drawing."""
    if parameters.disable_extra_networks:
        return
    second_pass = isinstance(parameters, Txt2ImgParameters) and parameters.enable_hr
    for field in TAGGED_PROMPTS if second_pass else TAGGED_PROMPTS[:1]:
        yield from (Named(f"parameters.{field}", tag.type, tag.name) for tag in tags(getattr(parameters, field)))


def sd_vae(parameters: Parameters) -> str | None:
    """The VAE that the settings name, if they name one."""
    name = parameters.override_settings.sd_vae
    return name if name and name.lower() not in _NO_VAE else None


def tags(prompt: str) -> list[Tag]:
    """The networks that a prompt names, in its order."""
    read = map(_read, _TAG.finditer(prompt))
    return [tag for tag in read if tag]


def unknown_tags(prompt: str) -> list[str]:
    """The tags that are of no known kind, such as `<wildcard:animals>`."""
    return [found[0] for found in _TAG.finditer(prompt) if not _read(found)]


def without_tags(prompt: str) -> str:
    """What is left for the text encoder to read: without unknown tags either, as in the WebUI."""
    return _TAG.sub("", prompt)


def _read(found: re.Match[str]) -> Tag | None:
    name, *arguments = found[2].split(":")
    type = _TYPES.get(found[1].lower())
    return Tag(type, name.strip(), arguments) if type else None
