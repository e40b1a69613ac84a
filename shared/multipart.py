"""Files that come into the bucket in parts, by presigned links: S3's multipart uploads."""

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

# S3's own bounds ("Amazon S3 multipart upload limits") for each part but the last.
PART_BYTES = (5 * 2**20, 5 * 2**30)
# After this, the bucket's lifecycle throws away what has arrived of an upload that is not complete.
UNFINISHED_DAYS = 2


class Part(NamedTuple):
    """A part that has arrived."""

    etag: str
    size: int


class Multipart:
    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def begin(self, key: str) -> str:
        """Returns the upload's id. Nothing shows under the key until the upload is complete."""
        return self._client.create_multipart_upload(Bucket=self._bucket, Key=key)["UploadId"]

    def link(self, key: str, id: str, number: int, size: int, seconds: int) -> str:
        """A link that takes one part of exactly that size: S3 refuses another Content-Length, since it is signed."""
        part = {"Bucket": self._bucket, "Key": key, "UploadId": id, "PartNumber": number, "ContentLength": size}
        return self._client.generate_presigned_url("upload_part", Params=part, ExpiresIn=seconds)

    def parts(self, key: str, id: str) -> dict[int, Part] | None:
        """The parts that have arrived, by their number from 1. None if the upload is complete, or was aborted."""
        pages = self._client.get_paginator("list_parts").paginate(Bucket=self._bucket, Key=key, UploadId=id)
        try:
            return {
                each["PartNumber"]: Part(each["ETag"], each["Size"]) for page in pages for each in page.get("Parts", [])
            }
        except self._client.exceptions.NoSuchUpload:
            return None

    def complete(self, key: str, id: str, parts: Mapping[int, Part]) -> None:
        """Put the file together, in one step. Does nothing if the upload is over by now."""
        made_of = [{"PartNumber": number, "ETag": part.etag} for number, part in sorted(parts.items())]
        with suppress(self._client.exceptions.NoSuchUpload):
            self._client.complete_multipart_upload(
                Bucket=self._bucket,
                Key=key,
                UploadId=id,
                MultipartUpload={"Parts": made_of},  # type: ignore[typeddict-item]
            )

    def abort(self, key: str, id: str) -> None:
        """Throw away what has arrived. Does nothing if the upload is over by now."""
        with suppress(self._client.exceptions.NoSuchUpload):
            self._client.abort_multipart_upload(Bucket=self._bucket, Key=key, UploadId=id)
