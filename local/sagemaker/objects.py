"""Inputs, outputs and failures as objects of S3."""

import asyncio
import logging
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from local.sagemaker.invocations import Answer, Invocation, InvocationFailed

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

log = logging.getLogger(__name__)


class Objects:
    """The objects that an invocation names, by their s3:// locations."""

    def __init__(self, s3: "S3Client") -> None:
        self._s3 = s3

    async def read_input(self, invocation: Invocation) -> bytes:
        """The invocation's input, wherever it is; raises InvocationFailed when it cannot be read."""
        if invocation.input_location is None:
            return invocation.body or b""
        try:
            return await asyncio.to_thread(self._get, invocation.input_location)
        except (BotoCoreError, ClientError) as error:
            raise InvocationFailed(f"Could not read the input at {invocation.input_location}: {error}") from None

    async def write_output(self, invocation: Invocation, answer: Answer) -> None:
        """Put the answer at the output location; raises InvocationFailed when that cannot be done."""
        try:
            await asyncio.to_thread(self._put, invocation.output_location, answer)
        except (BotoCoreError, ClientError) as error:
            raise InvocationFailed(f"Could not write the output to {invocation.output_location}: {error}") from None

    async def write_failure(self, invocation: Invocation, reason: str) -> None:
        """Put the reason at the failure location, if the endpoint's config has one."""
        if invocation.failure_location is None:
            return
        try:
            await asyncio.to_thread(self._put, invocation.failure_location, Answer("text/plain", reason.encode()))
        except (BotoCoreError, ClientError):
            log.exception("no failure object for %s", invocation.inference_id)  # the notice still tells of it

    def _get(self, location: str) -> bytes:
        bucket, key = _bucket_and_key(location)
        return self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    def _put(self, location: str, content: Answer) -> None:
        bucket, key = _bucket_and_key(location)
        self._s3.put_object(Bucket=bucket, Key=key, Body=content.body, ContentType=content.content_type)


def _bucket_and_key(location: str) -> tuple[str, str]:
    parts = urlsplit(location)
    return parts.netloc, parts.path.removeprefix("/")
