"""Pictures inside an order: checked by their headers, and moved to the job's inputs."""

import re
from base64 import b64decode
from hashlib import sha256
from io import BytesIO
from typing import NamedTuple

import imagesize

from shared.cloud import Cloud
from shared.controlnet import Unit
from shared.errors import Invalid
from shared.parameters import Parameters, Txt2Img
from shared.shapes import JobKey

MOST_BYTES = 4_000_000  # of one picture: a function is called with 6 MB at the most, base64 included
MOST_SIDE = 4096

UNITS = "parameters.alwayson_scripts.controlnet.args"


class _Format(NamedTuple):
    beginning: bytes
    extension: str
    content_type: str


_FORMATS = (
    _Format(b"\x89PNG", "png", "image/png"),
    _Format(b"\xff\xd8\xff", "jpg", "image/jpeg"),
    _Format(b"RIFF", "webp", "image/webp"),
)


def move(parameters: Txt2Img, job: JobKey, cloud: Cloud) -> Parameters:
    """What is honoured of the parameters, pictures replaced by their names under the job's `inputs/`.

    Raises Invalid.
    """
    units = [_moved(unit, f"{UNITS}.{place}", job, cloud) for place, unit in parameters.units.items()]
    return parameters.honoured().with_units(units)


def _moved(unit: Unit, field: str, job: JobKey, cloud: Cloud) -> Unit:
    given = {"image": unit.image, "mask": unit.mask}
    names = {name: _store(text, f"{field}.{name}", job, cloud) for name, text in given.items() if text}
    return unit.model_copy(update=names)


def _store(text: str, field: str, job: JobKey, cloud: Cloud) -> str:
    """Named by its content, so that a retry stores the same."""
    picture = _decoded(text, field)
    kind = _checked(picture, field)
    name = f"{sha256(picture).hexdigest()[:16]}.{kind.extension}"
    cloud.bucket.put(f"{job.folder}/inputs/{name}", picture, kind.content_type)
    return name


def _decoded(text: str, field: str) -> bytes:
    try:
        return b64decode(re.sub(r"^data:[^,]*,", "", text), validate=True)
    except ValueError:
        raise Invalid.about(field, "This is no base64.") from None


def _checked(picture: bytes, field: str) -> _Format:
    """By its header alone: the container decodes."""
    kind = next((kind for kind in _FORMATS if picture.startswith(kind.beginning)), None)
    width, height = imagesize.get(BytesIO(picture)) if kind else (0, 0)
    if not kind or min(width, height) < 1:
        raise Invalid.about(field, "This is no PNG, JPEG or WebP picture.")
    if len(picture) > MOST_BYTES or max(width, height) > MOST_SIDE:
        most = f"{MOST_BYTES} bytes and {MOST_SIDE} pixels a side are the most"
        raise Invalid.about(field, f"The picture has {len(picture)} bytes and is {width}x{height}; {most}.")
    return kind
