"""SageMaker's part of an endpoint's life: its model, its config and itself, all under one name.

Each step may be taken again: what is there already counts as made, what is gone as removed.
"""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError
from pydantic import Field

from shared.errors import Conflict, Invalid, Refusal
from shared.settings import EndpointSettings, Settings
from shared.shapes import Endpoint
from shared.tables.endpoints import StoredEndpoint

if TYPE_CHECKING:
    from types_boto3_sagemaker import SageMakerClient
    from types_boto3_sagemaker.literals import (
        ProductionVariantInferenceAmiVersionType,
        ProductionVariantInstanceTypeType,
    )
    from types_boto3_sagemaker.type_defs import AsyncInferenceConfigTypeDef, ProductionVariantTypeDef

VARIANT = "all"
# PyTorch's packages are for CUDA 13, which needs its driver or a later one (CreateEndpointConfig in AWS's reference).
_GPU_AMI: "ProductionVariantInferenceAmiVersionType" = "al2023-ami-sagemaker-inference-gpu-4-1"
_QUOTA = "ResourceLimitExceeded"
_QUOTAS_PAGE = "https://console.aws.amazon.com/servicequotas/home/services/sagemaker/quotas"
# The way out, by a word in AWS's reason for a failure (as known from SageMaker's own messages); the first match counts.
_WAYS_OUT = {
    "capacity": "AWS has none to give at the moment: try later, another instance type or another region.",
    "ping": "Its container did not come up; CloudWatch has its log, under /aws/sagemaker/Endpoints/ and its name.",
    "image": "Its image could not be pulled: it has to be in this account and region, where the endpoints' role may.",
}


class Described(Endpoint):
    """An endpoint as SageMaker describes it. `redeployed`: it is being given a new config, not only scaled."""

    redeployed: bool = Field(exclude=True)


class Hosting:
    def __init__(self, settings: Settings, own: EndpointSettings) -> None:
        self._settings = settings
        self._own = own

    @cached_property
    def _sagemaker(self) -> "SageMakerClient":
        return boto3.client("sagemaker")

    def describe(self, name: str) -> Described | None:
        """The endpoint as it is now; None if it is gone."""
        try:
            answer = self._sagemaker.describe_endpoint(EndpointName=name)
        except ClientError as error:
            if _is_missing(error):
                return None
            raise
        variant = next(iter(answer.get("ProductionVariants", [])), None)
        return Described(
            name=name,
            status=answer["EndpointStatus"],
            reason=_explained(answer.get("FailureReason")),
            instances=variant and variant.get("CurrentInstanceCount"),
            desired_instances=variant and variant.get("DesiredInstanceCount"),
            created_at=answer["CreationTime"],
            updated_at=answer["LastModifiedTime"],
            redeployed="PendingDeploymentSummary" in answer,  # there only then (DescribeEndpoint in AWS's reference)
        )

    def names(self) -> list[str]:
        """The names of all endpoints of this deployment that SageMaker has."""
        pages = self._sagemaker.get_paginator("list_endpoints").paginate(NameContains=self._own.endpoint_prefix)
        found = [endpoint["EndpointName"] for page in pages for endpoint in page["Endpoints"]]
        return [name for name in found if name.startswith(self._own.endpoint_prefix)]

    def make(self, endpoint: StoredEndpoint) -> None:
        """Begin to create it. Raises Conflict or Invalid if AWS refuses, with AWS's reason and the way out."""
        tags: Any = [{"Key": "generate-on-cloud", "Value": self._own.stage}]
        _made(
            lambda: self._sagemaker.create_model(
                ModelName=endpoint.name,
                ExecutionRoleArn=self._own.endpoint_role,
                PrimaryContainer={
                    "Image": endpoint.image or self._own.endpoint_image,
                    "Environment": self._environment() | ({"GPU": "1"} if _has_gpu(endpoint) else {}),
                },
                Tags=tags,
            )
        )
        _made(
            lambda: self._sagemaker.create_endpoint_config(
                EndpointConfigName=endpoint.name,
                ProductionVariants=[_variant(endpoint)],
                AsyncInferenceConfig=self._asynchronous(),
                Tags=tags,
            )
        )
        try:
            _made(
                lambda: self._sagemaker.create_endpoint(
                    EndpointName=endpoint.name, EndpointConfigName=endpoint.name, Tags=tags
                )
            )
        except Refusal:
            if not self.describe(endpoint.name):  # another function has just made it, and used up what was left
                raise

    def delete_endpoint(self, name: str) -> None:
        """Begin to delete it; nothing happens if SageMaker is in the middle of changing it, or if it is gone."""
        _removed(lambda: self._sagemaker.delete_endpoint(EndpointName=name))

    def delete_rest(self, name: str) -> None:
        """Delete its config and its model, once the endpoint itself is gone."""
        _removed(lambda: self._sagemaker.delete_endpoint_config(EndpointConfigName=name))
        _removed(lambda: self._sagemaker.delete_model(ModelName=name))

    def _environment(self) -> dict[str, str]:
        settings = self._settings
        return {
            "BUCKET": settings.bucket,
            "JOBS_TABLE": settings.jobs_table,
            "MODELS_TABLE": settings.models_table,
            "AWS_DEFAULT_REGION": self._sagemaker.meta.region_name,  # boto3 reads this one; SageMaker promises none
        }

    def _asynchronous(self) -> "AsyncInferenceConfigTypeDef":
        return {
            "OutputConfig": {
                "S3OutputPath": f"s3://{self._settings.bucket}/jobs",
                "S3FailurePath": f"s3://{self._settings.bucket}/jobs",
                "NotificationConfig": {
                    "SuccessTopic": self._own.success_topic,
                    "ErrorTopic": self._own.error_topic,
                    "IncludeInferenceResponseIn": ["SUCCESS_NOTIFICATION_TOPIC", "ERROR_NOTIFICATION_TOPIC"],
                },
            },
            "ClientConfig": {"MaxConcurrentInvocationsPerInstance": 1},
        }


def _variant(endpoint: StoredEndpoint) -> "ProductionVariantTypeDef":
    type: ProductionVariantInstanceTypeType = endpoint.instance_type  # type: ignore[assignment]
    variant: ProductionVariantTypeDef = {
        "VariantName": VARIANT,
        "ModelName": endpoint.name,
        "InstanceType": type,
        "InitialInstanceCount": max(1, endpoint.min_instances or 0),  # SageMaker starts none with zero; scaling does
    }
    if _has_gpu(endpoint):
        variant["InferenceAmiVersion"] = _GPU_AMI
    return variant


def _has_gpu(endpoint: StoredEndpoint) -> bool:
    return (endpoint.instance_type or "").startswith(("ml.g", "ml.p"))


def _made(create: Callable[[], object]) -> None:
    try:
        create()
    except ClientError as error:
        if "already exist" not in error.response["Error"]["Message"]:
            raise _refusal(error) from error


def _refusal(error: ClientError) -> Refusal | ClientError:
    """A Refusal if the caller can do something about the error; any other error is a fault here."""
    code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
    if code == _QUOTA:
        way_out = f"Ask AWS for more at {_QUOTAS_PAGE}, or take another instance type."
        return Conflict.about("instance_type", f"AWS refuses it: {message.rstrip('.')}. {way_out}")
    if code != "ValidationException":
        return error
    if "instanceType" in message:
        return Invalid.about("instance_type", "SageMaker has no such instance type; ml.g5.xlarge is one that fits.")
    return Conflict(f"SageMaker refuses it: {message}")


def _removed(delete: Callable[[], object]) -> None:
    try:
        delete()
    except ClientError as error:
        if not _is_missing(error) and "in-progress" not in error.response["Error"]["Message"]:
            raise


def _is_missing(error: ClientError) -> bool:
    return error.response["Error"]["Message"].startswith("Could not find")


def _explained(reason: str | None) -> str | None:
    """SageMaker's reason, with the way out if one is known."""
    if not reason:
        return None
    ways = (way for word, way in _WAYS_OUT.items() if word in reason.lower())
    return " ".join([reason, *[next(ways, "")]]).strip()
