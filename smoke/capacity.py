"""The endpoint's instances: what they are, and rescaling them."""

from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

from smoke.results import CheckFailed, NotShown, until

if TYPE_CHECKING:
    from types_boto3_sagemaker import SageMakerClient
    from types_boto3_sagemaker.type_defs import ProductionVariantSummaryTypeDef

START_SECONDS = 1800  # a GPU instance, with its image and its model server
UNKNOWN = ("UnknownOperationException", "UnknownOperation")


class Capacity:
    def __init__(self, endpoint: str) -> None:
        self._sagemaker: SageMakerClient = boto3.client("sagemaker")
        self._endpoint = endpoint
        self.changed = False

    @property
    def count(self) -> int:
        """Of instances, as they are wanted now."""
        return self._variant().get("DesiredInstanceCount", 1)

    def described(self) -> str:
        """Such as `1 × ml.g5.xlarge`."""
        config = self._sagemaker.describe_endpoint(EndpointName=self._endpoint)["EndpointConfigName"]
        (variant,) = self._sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
        return f"{self.count} × {variant.get('InstanceType', 'instances of several types')}"

    def rescale(self, count: int) -> None:
        """Returns once the endpoint has so many. Raises NotShown where this SageMaker has no such call."""
        variant = self._variant()["VariantName"]
        try:
            self._sagemaker.update_endpoint_weights_and_capacities(
                EndpointName=self._endpoint,
                DesiredWeightsAndCapacities=[{"VariantName": variant, "DesiredInstanceCount": count}],
            )
        except ClientError as error:
            if error.response["Error"]["Code"] not in UNKNOWN:
                raise
            raise NotShown(
                "SageMaker here does not rescale an endpoint; the local cloud's emulator does not"
            ) from error
        self.changed = True
        until(lambda: self._settled_at(count), START_SECONDS, f"an endpoint with {count} instances", pause=5)

    def _settled_at(self, count: int) -> bool:
        answer = self._sagemaker.describe_endpoint(EndpointName=self._endpoint)
        if answer["EndpointStatus"] == "Failed":
            raise CheckFailed(f"the endpoint failed: {answer.get('FailureReason')}")
        (variant,) = answer["ProductionVariants"]
        return answer["EndpointStatus"] == "InService" and variant.get("CurrentInstanceCount") == count

    def _variant(self) -> "ProductionVariantSummaryTypeDef":
        (variant,) = self._sagemaker.describe_endpoint(EndpointName=self._endpoint)["ProductionVariants"]
        return variant
