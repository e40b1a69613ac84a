"""The bucket: where models, orders, pictures and manifests lie."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

from botocore.exceptions import ClientError
from pydantic import ValidationError

from shared.shapes import JobKey, Manifest, Outcome

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import HeadObjectOutputTypeDef, ObjectIdentifierTypeDef

LINK_SECONDS = 3600
MANIFEST = "manifest.json"
PREVIEW = "preview.jpg"
MOST_UPLOAD_BYTES = 25_000_000  # of one picture that is uploaded for orders
RESPONSE = "response.json"  # SageMaker's copy of the container's answer


class Form(TypedDict):
    """Where a browser's form, or a script, may POST one file: these fields first, then the file."""

    url: str
    fields: dict[str, str]


def upload_key(owner: str, id: str) -> str:
    """The key of a picture that was uploaded for orders."""
    return f"uploads/{owner}/{id}"


class Found(NamedTuple):
    """A part of an object, with what S3 says of the whole."""

    content: bytes
    size: int
    etag: str


class Bucket:
    def __init__(self, client: "S3Client", name: str) -> None:
        self._client = client
        self._name = name

    def link(self, key: str) -> str:
        """A presigned link that opens the object for an hour (or as long as the signer's credentials live)."""
        return self._client.generate_presigned_url(
            "get_object", Params={"Bucket": self._name, "Key": key}, ExpiresIn=LINK_SECONDS
        )

    def form(self, key: str, content_type: str, size: int, seconds: int) -> Form:
        """A form that takes one object of exactly that type and size, in bytes."""
        answer = self._client.generate_presigned_post(
            self._name,
            key,
            Fields={"Content-Type": content_type},
            Conditions=[{"Content-Type": content_type}, ["content-length-range", size, size]],
            ExpiresIn=seconds,
        )
        return Form(url=answer["url"], fields=answer["fields"])

    def put(self, key: str, body: bytes, content_type: str) -> str:
        """Store an object; returns its s3:// address."""
        self._client.put_object(Bucket=self._name, Key=key, Body=body, ContentType=content_type)
        return f"s3://{self._name}/{key}"

    def head(self, key: str) -> "HeadObjectOutputTypeDef | None":
        try:
            return self._client.head_object(Bucket=self._name, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchKey", "NotFound"):
                return None
            raise

    def read(self, key: str, start: int, most: int, etag: str | None = None) -> Found | None:
        """At most `most` bytes of an object from `start` on. None if there are none, or not of that ETag."""
        wanted: Any = {"IfMatch": f'"{etag}"'} if etag else {}
        try:
            answer = self._client.get_object(
                Bucket=self._name, Key=key, Range=f"bytes={start}-{start + most - 1}", **wanted
            )
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] in (404, 412, 416):
                return None
            raise
        size = int(answer["ContentRange"].rpartition("/")[2])
        return Found(answer["Body"].read(), size, answer["ETag"].strip('"'))

    def copy(self, source: str, etag: str, key: str, content_type: str) -> bool:
        """Copy an object from one key to another, without reading it; False if it is gone or no longer of that ETag."""
        try:
            self._client.copy_object(
                Bucket=self._name,
                Key=key,
                CopySource={"Bucket": self._name, "Key": source},
                CopySourceIfMatch=f'"{etag}"',
                MetadataDirective="REPLACE",
                ContentType=content_type,
            )
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] in (404, 412):
                return False
            raise
        return True

    def list(self, prefix: str) -> Iterator[tuple[str, str]]:
        """Key and ETag of every object whose key begins with the prefix."""
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._name, Prefix=prefix):
            for each in page.get("Contents", []):
                yield each["Key"], each["ETag"].strip('"')

    def delete(self, key: str) -> None:
        self._client.delete_object(Bucket=self._name, Key=key)

    def delete_folder(self, prefix: str) -> None:
        """Remove every object whose key begins with the prefix. Raises OSError if S3 keeps one."""
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._name, Prefix=prefix):
            keys: list[ObjectIdentifierTypeDef] = [{"Key": each["Key"]} for each in page.get("Contents", [])]
            if keys:
                answer = self._client.delete_objects(Bucket=self._name, Delete={"Objects": keys, "Quiet": True})
                if answer.get("Errors"):
                    raise OSError(f"{len(answer['Errors'])} objects under {prefix} could not be removed")

    def get(self, key: str) -> bytes | None:
        """An object's content; None if there is none."""
        try:
            return self._client.get_object(Bucket=self._name, Key=key)["Body"].read()
        except self._client.exceptions.NoSuchKey:
            return None

    def manifest(self, key: JobKey) -> Manifest | None:
        """What the container has written about a job so far; None if it wrote nothing.

        What can't be read counts as a failure: a job must not wait for ever, and an error would quote prompts in logs.
        """
        content = self.get(key.output(MANIFEST))
        if content is None:
            return None
        try:
            return Manifest.model_validate_json(content)
        except ValidationError:
            reason = "What the endpoint wrote of the job can't be read: its container may be of another version."
            return Manifest(outcome=Outcome.FAILED, error=reason)
