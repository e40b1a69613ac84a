"""The bucket: where models, orders, pictures and manifests lie."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from shared.shapes import JobKey, Manifest

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import HeadObjectOutputTypeDef, ObjectIdentifierTypeDef

LINK_SECONDS = 3600
MANIFEST = "manifest.json"
PREVIEW = "preview.jpg"
RESPONSE = "response.json"  # SageMaker's copy of the container's answer


class Bucket:
    def __init__(self, client: "S3Client", name: str) -> None:
        self._client = client
        self._name = name

    def link(self, key: str) -> str:
        """A presigned link that opens the object for an hour (or as long as the signer's credentials live)."""
        return self._client.generate_presigned_url(
            "get_object", Params={"Bucket": self._name, "Key": key}, ExpiresIn=LINK_SECONDS
        )

    def put(self, key: str, body: bytes, content_type: str) -> str:
        """Answers the object's s3:// address."""
        self._client.put_object(Bucket=self._name, Key=key, Body=body, ContentType=content_type)
        return f"s3://{self._name}/{key}"

    def head(self, key: str) -> "HeadObjectOutputTypeDef | None":
        try:
            return self._client.head_object(Bucket=self._name, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchKey", "NotFound"):
                return None
            raise

    def delete_folder(self, prefix: str) -> None:
        """Remove every object whose key begins with the prefix. Raises OSError where S3 keeps one."""
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._name, Prefix=prefix):
            keys: list[ObjectIdentifierTypeDef] = [{"Key": each["Key"]} for each in page.get("Contents", [])]
            if keys:
                answer = self._client.delete_objects(Bucket=self._name, Delete={"Objects": keys, "Quiet": True})
                if answer.get("Errors"):
                    raise OSError(f"{len(answer['Errors'])} objects under {prefix} could not be removed")

    def get(self, key: str) -> bytes | None:
        """An object's content; None where there is none."""
        try:
            return self._client.get_object(Bucket=self._name, Key=key)["Body"].read()
        except self._client.exceptions.NoSuchKey:
            return None

    def manifest(self, key: JobKey) -> Manifest | None:
        """What the container has written of a job so far; None where it wrote nothing."""
        content = self.get(key.output(MANIFEST))
        return Manifest.model_validate_json(content) if content is not None else None
