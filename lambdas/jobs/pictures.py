"""Pictures of an order, inside it or uploaded before: checked by their headers, and stored among the job's inputs."""

import re
from base64 import b64decode
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from io import BytesIO
from typing import Any, NamedTuple

import imagesize

from shared.bucket import MOST_UPLOAD_BYTES, upload_key
from shared.cloud import Cloud
from shared.controlnet import ControlNet, Unit
from shared.errors import Invalid
from shared.networks import UNITS
from shared.overrides import Scripts
from shared.parameters import MOST_SIDE
from shared.shapes import JobKey, TaskParameters
from shared.webui import Img2Img, Txt2Img

MOST_BYTES = 4_000_000  # of one picture inside an order: a function is called with 6 MB at the most, base64 included
MOST_RATIO = 16  # of its sides: a strip scaled until its shorter one fits what is drawn would fill an endpoint's memory
UPLOADED = "upload://"
# A JPEG's size comes after whatever segments a camera or an editor has put before it, 64 KB apiece.
HEADER_BYTES = 2**20


class Header(NamedTuple):
    """What a picture says about itself."""

    extension: str
    content_type: str
    width: int
    height: int


_FORMATS = {b"\x89PNG": ("png", "image/png"), b"\xff\xd8\xff": ("jpg", "image/jpeg"), b"RIFF": ("webp", "image/webp")}


def decoded(text: str) -> bytes:
    """The bytes of base64 or of a `data:` address. Raises ValueError."""
    return b64decode(re.sub(r"^data:[^,]*,", "", text), validate=True)


def header(picture: bytes) -> Header | None:
    """The picture's header; None if it is no PNG, JPEG or WebP. Nothing is decoded."""
    for beginning, (extension, content_type) in _FORMATS.items():
        if picture.startswith(beginning):
            width, height = imagesize.get(BytesIO(picture))
            return Header(extension, content_type, width, height) if min(width, height) > 0 else None
    return None


def move(body: Txt2Img | Img2Img, job: JobKey, cloud: Cloud) -> TaskParameters:
    """The body's honoured fields, with pictures replaced by their names under the job's `inputs/`. Raises Invalid."""
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
    """Store a picture and return its name, under which a retry stores the same."""
    if text.startswith(UPLOADED):
        return _copied(field, text.removeprefix(UPLOADED), job, cloud)
    try:
        picture = decoded(text)
    except ValueError:
        raise Invalid.about(field, f"This is neither base64 nor {UPLOADED} with an id of POST /uploads.") from None
    found = _checked(field, picture, len(picture), MOST_BYTES)
    name = f"{sha256(picture).hexdigest()[:16]}.{found.extension}"
    cloud.bucket.put(f"{job.folder}/inputs/{name}", picture, found.content_type)
    return name


def _copied(field: str, id: str, job: JobKey, cloud: Cloud) -> str:
    """Copy a picture that its owner has uploaded; only its beginning is read."""
    source = upload_key(job.owner, id)
    beginning = cloud.bucket.read(source, 0, HEADER_BYTES) if re.fullmatch(r"[0-9a-f-]{36}", id) else None
    if not beginning:
        raise _no_upload(field, id)
    found = _checked(field, beginning.content, beginning.size, MOST_UPLOAD_BYTES)
    name = f"{id}.{found.extension}"
    if not cloud.bucket.copy(source, beginning.etag, f"{job.folder}/inputs/{name}", found.content_type):
        raise _no_upload(field, id)
    return name


def _no_upload(field: str, id: str) -> Invalid:
    detail = f"There is no upload {id[:36]!r} of yours: POST /uploads, send the picture, then order within a day."
    return Invalid.about(field, detail)


def _checked(field: str, beginning: bytes, size: int, most: int) -> Header:
    """Check it by its header alone: decoding is left to the container."""
    found = header(beginning)
    if not found:
        raise Invalid.about(field, "This is no PNG, JPEG or WebP picture.")
    if size > most or max(found.width, found.height) > MOST_SIDE:
        said = f"{size} bytes and is {found.width}x{found.height}"
        raise Invalid.about(field, f"The picture has {said}; {most} bytes and {MOST_SIDE} pixels a side are the most.")
    if max(found.width, found.height) > MOST_RATIO * min(found.width, found.height):
        said = f"The picture is {found.width}x{found.height}"
        raise Invalid.about(field, f"{said}; a side is at most {MOST_RATIO} times the other: crop it, or add a border.")
    return found
