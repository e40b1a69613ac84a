"""Model files on the endpoint's own disk: fetched from the bucket once."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import ClientError

from container.failures import Failure
from shared.shapes import Model

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


class MissingFile(Failure):
    """The bucket no longer has what was ordered; the text says what to do."""


class File(NamedTuple):
    path: Path
    sha256: str


class Files:
    """A folder of files named by their content, so that a file that was replaced is not mistaken for its successor."""

    def __init__(self, client: "S3Client", bucket: str, folder: Path) -> None:
        self._client = client
        self._bucket = bucket
        self._folder = folder

    def fetch(self, model: Model) -> File:
        """The model's file, from the disk where it is there already. Raises MissingFile."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{model.etag}{Path(model.key).suffix}"
        digest = path.with_suffix(".sha256")
        if not digest.exists():
            self._download(model, path)
            _write(digest, _sha256(path))
        return File(path, digest.read_text())

    def _download(self, model: Model, path: Path) -> None:
        """In parallel ranges, to a name of its own first: nobody ever sees half a file."""
        self._check(model)
        part = path.with_suffix(".part")
        self._client.download_file(self._bucket, model.key, str(part))
        part.replace(path)

    def _check(self, model: Model) -> None:
        try:
            self._client.head_object(Bucket=self._bucket, Key=model.key, IfMatch=f'"{model.etag}"')
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("404", "412"):
                raise
            raise MissingFile(
                f"The {model.type} {model.name!r} was removed or replaced after the job was ordered; order it again."
            ) from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, text: str) -> None:
    part = path.with_suffix(".writing")
    part.write_text(text)
    part.replace(path)
