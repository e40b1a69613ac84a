"""A model's record brought in line with its file. Any number at a time may try, in any order."""

from datetime import timedelta
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from lambdas.models import checking
from lambdas.models.files import Place
from lambdas.models.headers import Unusable
from shared.cloud import Cloud
from shared.contents import Contents
from shared.log import logger
from shared.multipart import UNFINISHED_DAYS
from shared.shapes import ModelState, now
from shared.tables.models import StoredModel, Upload

if TYPE_CHECKING:
    from types_boto3_s3.type_defs import HeadObjectOutputTypeDef

ATTEMPTS = 5
UNFINISHED_FOR = timedelta(days=UNFINISHED_DAYS)


class Changed(Exception):
    """The file was replaced or removed while it was looked at: its next event tells of that."""


def refresh(place: Place, key: str, cloud: Cloud) -> None:
    """Store what S3 says now of the file at that key. Raises RuntimeError where others wrote again and again."""
    for _ in range(ATTEMPTS):
        seen = cloud.models.get(*place)
        head = cloud.bucket.head(key)
        upload = seen.upload if seen and seen.upload and _stands(seen.upload, cloud) else None
        try:
            done = _there(place, key, head, seen, upload, cloud) if head else _gone(key, seen, upload, cloud)
        except Changed:
            done = False
        if done:
            return
    raise RuntimeError(f"The record of {key} was written by others each time.")


def _stands(upload: Upload, cloud: Cloud) -> bool:
    """Whether it may still be completed. One that has no id yet may get it at any moment."""
    if not upload.id:
        return upload.started_at > now() - UNFINISHED_FOR
    return cloud.multipart.parts(upload.key, upload.id) is not None


def _gone(key: str, seen: StoredModel | None, upload: Upload | None, cloud: Cloud) -> bool:
    """There is no file at that key."""
    if not seen or seen.key != key:  # another file has its name
        return True
    if not upload:
        logger.info("model gone", key=key)
        return cloud.models.forget(seen)
    if seen.state is ModelState.UPLOADING:
        return True
    blank = dict(Contents()) | {"reason": None, "sha256": None, "etag": "", "size": upload.size}
    waiting = seen.model_copy(update=blank | {"state": ModelState.UPLOADING})
    return cloud.models.write(waiting, seen) is not None


def _there(
    place: Place,
    key: str,
    head: "HeadObjectOutputTypeDef",
    seen: StoredModel | None,
    upload: Upload | None,
    cloud: Cloud,
) -> bool:
    etag = head["ETag"].strip('"')
    if seen and _known(seen, key, etag, upload):
        return True
    if seen and seen.key != key and head["LastModified"] < seen.updated_at and cloud.bucket.head(seen.key):
        return True  # an older file of the same stem
    sha256 = _promised(seen, key, etag, head["ContentLength"], upload)
    found = StoredModel(
        type=place.type,
        name=place.name,
        key=key,
        size=head["ContentLength"],
        etag=etag,
        updated_at=head["LastModified"],
        sha256=sha256,
        created_at=(seen and seen.created_at) or head["LastModified"],
        upload=upload,
        **_verdict(place, key, etag, head["ContentLength"], sha256, cloud),
    )
    logger.info("model checked", key=key, state=found.state, reason=found.reason)
    return cloud.models.write(found, seen) is not None


def _known(seen: StoredModel, key: str, etag: str, upload: Upload | None) -> bool:
    """Whether this very file was checked before, and nothing else is to be stored."""
    same = (seen.key, seen.etag, seen.upload) == (key, etag, upload)
    return same and seen.state is not ModelState.CHECKING and seen.created_at is not None


def _promised(seen: StoredModel | None, key: str, etag: str, size: int, upload: Upload | None) -> str | None:
    """The SHA-256 that whoever uploaded this file gave."""
    if not seen:
        return None
    over = seen.upload if not upload else None
    if over and (over.key, over.size) == (key, size) and seen.etag != etag:
        return over.sha256  # its upload was completed, and nobody has written so
    return seen.sha256 if seen.state is ModelState.CHECKING or seen.etag == etag else None


def _verdict(place: Place, key: str, etag: str, size: int, sha256: str | None, cloud: Cloud) -> dict[str, object]:
    def read(start: int, most: int) -> bytes:
        found = cloud.bucket.read(key, start, most, etag)
        if not found:
            raise Changed
        return found.content

    try:
        contents = checking.check(place.type, PurePosixPath(key).name, size, sha256, read)
    except Unusable as unusable:
        return {"state": ModelState.FAILED, "reason": str(unusable)}
    return dict(contents)
