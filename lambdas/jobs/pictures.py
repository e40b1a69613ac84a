"""Pictures inside an order: checked by their headers, and moved to the job's inputs."""

import re
from base64 import b64decode
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from io import BytesIO
from typing import Any, NamedTuple

import imagesize

from lambdas.jobs.networks import UNITS
from shared.cloud import Cloud
from shared.controlnet import ControlNet, Unit
from shared.errors import Invalid
from shared.parameters import MOST_SIDE, Scripts
from shared.shapes import JobKey, TaskParameters
from shared.webui import Img2Img, Txt2Img

MOST_BYTES = 4_000_000  # of one picture: a function is called with 6 MB at the most, base64 included


class Header(NamedTuple):
    """What a picture says of itself."""

    extension: str
    content_type: str
    width: int
    height: int


_FORMATS = {b"\x89PNG": ("png", "image/png"), b"\xff\xd8\xff": ("jpg", "image/jpeg"), b"RIFF": ("webp", "image/webp")}


def decoded(text: str) -> bytes:
    """The bytes of base64 or of a `data:` address. Raises ValueError."""
    return b64decode(re.sub(r"^data:[^,]*,", "", text), validate=True)


def header(picture: bytes) -> Header | None:
    """None where it is no PNG, JPEG or WebP. Nothing is decoded."""
    for beginning, (extension, content_type) in _FORMATS.items():
        if picture.startswith(beginning):
            width, height = imagesize.get(BytesIO(picture))
            return Header(extension, content_type, width, height) if min(width, height) > 0 else None
    return None


def move(body: Txt2Img | Img2Img, job: JobKey, cloud: Cloud) -> TaskParameters:
    """What is honoured of the body, pictures replaced by their names under the job's `inputs/`. Raises Invalid."""
    store = partial(_store, job=job, cloud=cloud)
    changes: dict[str, Any] = {}
    if isinstance(body, Img2Img):
        given = enumerate(body.init_images)
        changes["init_images"] = [store(f"parameters.init_images.{place}", text) for place, text in given]
        changes["mask"] = store("parameters.mask", body.mask) if body.mask else None
    if body.units:
        units = [_moved(unit, f"{UNITS}.{place}", store) for place, unit in body.units.items()]
        changes["alwayson_scripts"] = Scripts(controlnet=ControlNet(args=units))
    return body.honoured().model_copy(update=changes)


def _moved(unit: Unit, field: str, store: Callable[[str, str], str]) -> Unit:
    given = {"image": unit.image, "mask": unit.mask}
    names = {name: store(f"{field}.{name}", text) for name, text in given.items() if text}
    return unit.model_copy(update=names)


def _store(field: str, text: str, job: JobKey, cloud: Cloud) -> str:
    """Named by its content, so that a retry stores the same."""
    picture, found = _checked(field, text)
    name = f"{sha256(picture).hexdigest()[:16]}.{found.extension}"
    cloud.bucket.put(f"{job.folder}/inputs/{name}", picture, found.content_type)
    return name


def _checked(field: str, text: str) -> tuple[bytes, Header]:
    """By its header alone: the container decodes."""
    try:
        picture = decoded(text)
    except ValueError:
        raise Invalid.about(field, "This is no base64.") from None
    found = header(picture)
    if not found:
        raise Invalid.about(field, "This is no PNG, JPEG or WebP picture.")
    if len(picture) > MOST_BYTES or max(found.width, found.height) > MOST_SIDE:
        size = f"{len(picture)} bytes and is {found.width}x{found.height}"
        most = f"{MOST_BYTES} bytes and {MOST_SIDE} pixels a side are the most"
        raise Invalid.about(field, f"The picture has {size}; {most}.")
    return picture, found
