"""Model files on the endpoint's own disk: fetched from the bucket once; the least recently used make room."""

import errno
import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from fcntl import LOCK_EX, LOCK_NB, flock
from functools import partial
from glob import escape
from pathlib import Path
from shutil import disk_usage
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError

from container.failures import Failure
from shared.shapes import Model

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import GetObjectOutputTypeDef

# S3 gives a connection some 85 MB/s and wants ranges of 8 or 16 MB ("Performance guidelines for Amazon S3"):
# sixteen at once fill the 10 Gbit/s of an ml.g5.xlarge.
CONNECTIONS = 16
RANGE_BYTES = 16 * 2**20
WRITE_BYTES = 2**18  # small enough to stay in the processor's cache

# How often to request a range whose connection breaks midway: botocore itself retries only before an answer begins.
ATTEMPTS = 3

# Of the disk's free space; the rest is for whatever else the endpoint writes.
DISK_SHARE = 0.9


class MissingFile(Failure):
    """The bucket no longer has what was ordered; the text says what to do."""


class BrokenDownload(Failure):
    """The file did not arrive whole, however often it was requested."""


class DiskFull(Failure):
    """The file is larger than what the disk has room for."""


class File(NamedTuple):
    path: Path
    sha256: str


class Files:
    """A folder of files named by their content, so that a replaced file is not mistaken for its successor.

    Several processes may share it. Fetching a file may push out the one fetched before it, so open each before you
    fetch the next. Linux keeps an open or mapped file for its reader even after its removal, and frees its disk space
    only when the reader is done.
    """

    def __init__(self, client: "S3Client", bucket: str, folder: Path, most_bytes: int) -> None:
        self._client = client
        self._bucket = bucket
        self._folder = folder
        self._most_bytes = most_bytes
        folder.mkdir(parents=True, exist_ok=True)

    def fetch(self, model: Model, on_range: Callable[[], None] = lambda: None) -> File:
        """The model's file, from the disk if it is already there. Raises MissingFile, DiskFull and BrokenDownload.

        `on_range` is called after each range (16 MiB) has arrived; what it raises stops the download.
        """
        return self._find(model) or self._download(model, on_range)

    def _find(self, model: Model) -> File | None:
        for path in self._folder.glob(_name(escape(model.etag), "?" * 64, model)):
            with suppress(FileNotFoundError):  # another process may remove it at this moment
                os.utime(path)
                return File(path, path.name.removeprefix(f"{model.etag}.")[:64])
        return None

    def _download(self, model: Model, on_range: Callable[[], None]) -> File:
        """Download under a temporary name first, so that nobody ever sees half a file."""
        self._make_room(model)
        with NamedTemporaryFile(dir=self._folder, suffix=".part", delete=False) as part:
            flock(part, LOCK_EX)  # held as long as this process lives
            try:
                sha256 = self._fill(part.fileno(), model, on_range)
                path = self._folder / _name(model.etag, sha256, model)
                Path(part.name).replace(path)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                raise _full(model, disk_usage(self._folder).free) from error
            finally:
                Path(part.name).unlink(missing_ok=True)
        return File(path, sha256)

    def _make_room(self, model: Model) -> None:
        """Remove the least recently used until the file fits, or none if it never will. Raises DiskFull then."""
        kept = _kept(self._folder)
        room = min(self._most_bytes, disk_usage(self._folder).free + sum(size for _, size, _ in kept))
        if room < model.size:
            raise _full(model, room)
        while kept and self._room(kept) < model.size:
            kept.pop(0).path.unlink(missing_ok=True)

    def _room(self, kept: list["_Kept"]) -> int:
        return min(self._most_bytes - sum(size for _, size, _ in kept), disk_usage(self._folder).free)

    def _fill(self, part: int, model: Model, on_range: Callable[[], None]) -> str:
        """Fetch the object into the file in parallel ranges, hashed in order as they arrive. Returns the SHA-256."""
        if model.size:
            os.posix_fallocate(part, 0, model.size)  # a disk that is too small says so now
        digest = hashlib.sha256()
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            for start in pool.map(partial(self._copy, part, model), range(0, model.size, RANGE_BYTES)):
                digest.update(os.pread(part, RANGE_BYTES, start))
                on_range()
        return digest.hexdigest()

    def _copy(self, part: int, model: Model, start: int) -> int:
        """Copy one range into the file, and return where it starts."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                place = start
                for chunk in self._get(model, start)["Body"].iter_chunks(WRITE_BYTES):
                    place += os.pwrite(part, chunk, place)
                break
            except (HTTPClientError, IncompleteReadError) as error:
                if attempt == ATTEMPTS:
                    raise BrokenDownload(
                        f"The {model.type} {model.name!r} did not arrive whole from the bucket: the connection broke "
                        f"{ATTEMPTS} times ({type(error).__name__}). Order again."
                    ) from error
        return start

    def _get(self, model: Model, start: int) -> "GetObjectOutputTypeDef":
        """Each range is requested by ETag, so that a file replaced midway is noticed."""
        wanted = f"bytes={start}-{min(start + RANGE_BYTES, model.size) - 1}"
        try:
            answer = self._client.get_object(
                Bucket=self._bucket, Key=model.key, IfMatch=f'"{model.etag}"', Range=wanted
            )
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] not in (404, 412):
                raise
            raise _missing(model) from error
        if int(answer["ContentRange"].rpartition("/")[2]) != model.size:
            raise _missing(model)
        return answer


class _Kept(NamedTuple):
    used: int  # ns since 1970
    size: int
    path: Path


def share_of_disk(folder: Path) -> int:
    """How many bytes of models a folder may hold: a share of the free space, with its own files counted as free.

    What dead processes left half fetched is removed first.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(folder)
    return int((disk_usage(folder).free + sum(size for _, size, _ in _kept(folder))) * DISK_SHARE)


def _name(etag: str, sha256: str, model: Model) -> str:
    return f"{etag}.{sha256}{Path(model.key).suffix}"


def _kept(folder: Path) -> list[_Kept]:
    """The folder's whole files, least recently used first."""
    found = []
    for path in folder.iterdir():
        with suppress(FileNotFoundError):  # another process may remove it at this moment
            about = path.stat()
            found.append(_Kept(about.st_mtime_ns, about.st_size, path))
    return sorted(each for each in found if each.path.suffix != ".part")


def _remove_leftovers(folder: Path) -> None:
    """Remove downloads whose process died, and its lock with it."""
    for part in folder.glob("*.part"):
        with suppress(BlockingIOError, FileNotFoundError), part.open() as file:
            flock(file, LOCK_EX | LOCK_NB)
            part.unlink()


def _missing(model: Model) -> MissingFile:
    return MissingFile(
        f"The {model.type} {model.name!r} was removed or replaced after the job was ordered; order it again."
    )


def _full(model: Model, room: int) -> DiskFull:
    return DiskFull(
        f"The {model.type} {model.name!r} takes {model.size / 1e9:.1f} GB, and the endpoint's disk has room for "
        f"{room / 1e9:.1f} GB. Choose a smaller one, or an endpoint whose instances have a larger disk."
    )
