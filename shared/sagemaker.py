"""SageMaker: handing a job to its endpoint."""

from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, TypedDict

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from shared.bucket import RESPONSE
from shared.shapes import Job, now

if TYPE_CHECKING:
    from types_boto3_sagemaker_runtime import SageMakerRuntimeClient

# InvokeEndpointAsync's own bounds (AWS's API reference).
MOST_INLINE_BYTES = 128_000
TTL_SECONDS = (60, 21_600)
TIMEOUT_SECONDS = (1, 3_600)

# Each post of an order is an order, even an unanswered one: the client must never repeat it by itself.
_ONCE = Config(retries={"total_max_attempts": 1}, connect_timeout=3, read_timeout=10)


class EndpointRefused(Exception):
    """SageMaker certainly did not take the order; the text is its reason."""


class Payload(TypedDict, total=False):
    """An order on its way: either itself, up to 128,000 bytes, or where it lies in the bucket."""

    Body: bytes
    InputLocation: str


class SageMaker:
    @cached_property
    def _runtime(self) -> "SageMakerRuntimeClient":
        return boto3.client("sagemaker-runtime", config=_ONCE)

    def start(self, job: Job, payload: Payload) -> bool:
        """Post the job's order, once. False: no certain answer came, and the order may or may not be under way.

        SageMaker's copy of the response is placed beside the job's pictures. Raises EndpointRefused.
        """
        left = int((job.deadline - now()).total_seconds())
        try:
            self._runtime.invoke_endpoint_async(
                EndpointName=job.endpoint,
                ContentType="application/json",
                InferenceId=job.key.inference_id,
                S3OutputPathExtension=f"{job.owner}/{job.id}/outputs",
                Filename=RESPONSE,
                RequestTTLSeconds=_within(TTL_SECONDS, left),
                InvocationTimeoutSeconds=_within(TIMEOUT_SECONDS, left),
                **payload,
            )
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] >= HTTPStatus.INTERNAL_SERVER_ERROR:
                return False
            raise EndpointRefused(error.response["Error"]["Message"]) from error
        except BotoCoreError:  # a timeout, a broken connection
            return False
        finally:
            self._runtime.close()  # a kept connection may break just as the next order is sent: an uncertain answer
        return True


def _within(bounds: tuple[int, int], seconds: int) -> int:
    low, high = bounds
    return max(low, min(seconds, high))
