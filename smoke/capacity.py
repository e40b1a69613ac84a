"""The endpoint's instances: what they are, and rescaling them."""

from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

from smoke.results import require, until

if TYPE_CHECKING:
    from types_boto3_sagemaker import SageMakerClient
    from types_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef, ProductionVariantSummaryTypeDef

START_SECONDS = 1800  # a GPU instance, with its image and its model server


class Capacity:
    def __init__(self, endpoint: str) -> None:
        self._sagemaker: SageMakerClient = boto3.client("sagemaker")
        self._endpoint = endpoint
        self.changed = False

    @property
    def count(self) -> int:
        """The number of instances that is wanted now."""
        return _variant(self._described()).get("DesiredInstanceCount", 1)

    def described(self) -> str:
        """Such as `1 × ml.g5.xlarge`."""
        config = self._described()["EndpointConfigName"]
        (variant,) = self._sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
        return f"{self.count} × {variant.get('InstanceType', 'instances of several types')}"

    def rescale(self, count: int) -> None:
        """Returns once the endpoint has that many, by this or its own scaling, which may then change it again."""
        wanted = f"an endpoint with {count} instances"
        until(lambda: self._asked_for(count), START_SECONDS, wanted)
        until(lambda: _has(count, self._described()), START_SECONDS, wanted)

    def _asked_for(self, count: int) -> bool:
        """Whether it has that many or is told to have; it can't be told while its own scaling changes it."""
        endpoint = self._described()
        if endpoint["EndpointStatus"] != "InService":
            return False
        return _has(count, endpoint) or self._ask_for(count, _variant(endpoint)["VariantName"])

    def _ask_for(self, count: int, variant: str) -> bool:
        try:
            self._sagemaker.update_endpoint_weights_and_capacities(
                EndpointName=self._endpoint,
                DesiredWeightsAndCapacities=[{"VariantName": variant, "DesiredInstanceCount": count}],
            )
        except ClientError as error:
            if "in-progress" not in error.response["Error"]["Message"]:
                raise
            return False
        self.changed = True
        return True

    def _described(self) -> "DescribeEndpointOutputTypeDef":
        endpoint = self._sagemaker.describe_endpoint(EndpointName=self._endpoint)
        require(endpoint["EndpointStatus"] != "Failed", f"the endpoint failed: {endpoint.get('FailureReason')}")
        return endpoint


def _has(count: int, endpoint: "DescribeEndpointOutputTypeDef") -> bool:
    return _variant(endpoint).get("CurrentInstanceCount") == count


def _variant(endpoint: "DescribeEndpointOutputTypeDef") -> "ProductionVariantSummaryTypeDef":
    (variant,) = endpoint["ProductionVariants"]
    return variant
