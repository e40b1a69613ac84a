"""Brings a model's record in line with its file. Any number of functions may try at a time, in any order."""

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
from shared.tables.items import ATTEMPTS
from shared.tables.models import StoredModel, Upload

if TYPE_CHECKING:
    from types_boto3_s3.type_defs import HeadObjectOutputTypeDef

UNFINISHED_FOR = timedelta(days=UNFINISHED_DAYS)


class Changed(Exception):
    """The file was replaced or removed while it was looked at: its next event tells of that."""


def refresh(place: Place, key: str, cloud: Cloud) -> None:
    """Store what S3 now says of the file at that key. Raises RuntimeError if others keep writing the record."""
    for _ in range(ATTEMPTS):
        seen = cloud.models.get(*place)
        if seen and not (seen := without_replaced(seen, cloud)):
            continue
        head = cloud.bucket.head(key)
        upload = seen.upload if seen and seen.upload and _stands(seen.upload, cloud) else None
        try:
            done = _there(place, key, head, seen, upload, cloud) if head else _gone(key, seen, upload, cloud)
        except Changed:
            done = False
        if done:
            return
    raise RuntimeError(f"The record of {key} was written by others each time.")


def without_replaced(seen: StoredModel, cloud: Cloud) -> StoredModel | None:
    """Remove the file that the record's own has replaced, and return the record; None if others wrote it meanwhile."""
    if not seen.replaced:
        return seen
    cloud.bucket.delete(seen.replaced)
    return cloud.models.write(seen.model_copy(update={"replaced": None}), seen)


def _stands(upload: Upload, cloud: Cloud) -> bool:
    """Whether it may still be completed. One that has no id yet may get it at any moment."""
    if not upload.id:
        return upload.started_at > now() - UNFINISHED_FOR
    return cloud.multipart.parts(upload.key, upload.id) is not None


def _gone(key: str, seen: StoredModel | None, upload: Upload | None, cloud: Cloud) -> bool:
    """Store that there is no file at that key; False if others wrote the record meanwhile."""
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
    over = _completed(seen, key, etag, head["ContentLength"]) if seen and not upload else None
    sha256 = over.sha256 if over else _promised(seen, etag)
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
        replaced=seen.key if over and seen and seen.key != key else None,
        **_verdict(place, key, etag, head["ContentLength"], sha256, cloud),
    )
    logger.info("model checked", key=key, state=found.state, reason=found.reason)
    stored = cloud.models.write(found, seen)
    return stored is not None and without_replaced(stored, cloud) is not None


def _known(seen: StoredModel, key: str, etag: str, upload: Upload | None) -> bool:
    """Whether this very file was checked before, and nothing else is to be stored."""
    same = (seen.key, seen.etag, seen.upload) == (key, etag, upload)
    return same and seen.state is not ModelState.CHECKING and seen.created_at is not None


def _completed(seen: StoredModel, key: str, etag: str, size: int) -> Upload | None:
    """The upload that this file came by, if its completion has not been recorded yet."""
    over = seen.upload
    new = (seen.key, seen.etag) != (key, etag)
    return over if over and (over.key, over.size) == (key, size) and new else None


def _promised(seen: StoredModel | None, etag: str) -> str | None:
    """The SHA-256 that this file's uploader gave."""
    return seen.sha256 if seen and (seen.state is ModelState.CHECKING or seen.etag == etag) else None


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
