"""Real boto3 clients of the emulator, and the calls that the tests make most."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3
from botocore.config import Config

from tests.waiting import eventually

if TYPE_CHECKING:
    from types_boto3_application_autoscaling import ApplicationAutoScalingClient
    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_sagemaker import SageMakerClient
    from types_boto3_sagemaker_runtime import SageMakerRuntimeClient

ROLE = "arn:aws:iam::000000000000:role/container"
TOPICS = {
    "SuccessTopic": "arn:aws:sns:us-east-1:000000000000:done",
    "ErrorTopic": "arn:aws:sns:us-east-1:000000000000:broken",
}
SCALED: Any = {"ServiceNamespace": "sagemaker", "ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}


def variant(model: str, **members: Any) -> Any:
    return {
        "VariantName": "all",
        "ModelName": model,
        "InstanceType": "ml.g5.xlarge",
        "InitialInstanceCount": 1,
        **members,
    }


class Client:
    """One emulator, as this project's functions see it."""

    def __init__(self, url: str) -> None:
        self.url = url
        session = boto3.Session(region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
        # What botocore would refuse by itself must reach the emulator, too.
        once = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
        self.control: SageMakerClient = session.client("sagemaker", endpoint_url=url, config=once)
        self.runtime: SageMakerRuntimeClient = session.client("sagemaker-runtime", endpoint_url=url, config=once)
        self.scaling: ApplicationAutoScalingClient = session.client(
            "application-autoscaling", endpoint_url=url, config=once
        )
        self.alarms: CloudWatchClient = session.client("cloudwatch", endpoint_url=url, config=once)

    def configure(
        self,
        environment: Mapping[str, str] | None = None,
        concurrency: int = 1,
        included: Sequence[str] = (),
        instance_type: str = "ml.g5.xlarge",
        count: int = 1,
        **output: Any,
    ) -> str:
        """Create a model and an endpoint config of a new name."""
        name = f"it-{uuid4().hex[:8]}"
        container: Any = {"Image": "image", "Environment": dict(environment or {})}
        self.control.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=ROLE)
        topics = {**TOPICS, "IncludeInferenceResponseIn": list(included)}
        paths = {"S3OutputPath": "s3://bucket/out", "S3FailurePath": "s3://bucket/failures/"}
        asynchronous: Any = {
            "OutputConfig": {**paths, "NotificationConfig": topics, **output},
            "ClientConfig": {"MaxConcurrentInvocationsPerInstance": concurrency},
        }
        instances = variant(name, InstanceType=instance_type, InitialInstanceCount=count)
        self.control.create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=[instances], AsyncInferenceConfig=asynchronous
        )
        return name

    def deploy(self, config: str | None = None) -> str:
        """Create an endpoint of a config, and wait until it is in service."""
        name = config or self.configure()
        self.control.create_endpoint(EndpointName=name, EndpointConfigName=name)
        return self.wait_for(name, "InService")

    def wait_for(self, endpoint: str, status: str) -> str:
        eventually(lambda: self.status(endpoint) == status)
        return endpoint

    def status(self, endpoint: str) -> str:
        return self.control.describe_endpoint(EndpointName=endpoint)["EndpointStatus"]

    def order(self, endpoint: str, order: Mapping[str, Any], **members: Any) -> str:
        """Invoke with an inline body that says what the fake container does; returns the inference id."""
        body = json.dumps(order).encode()
        return self.runtime.invoke_endpoint_async(
            EndpointName=endpoint, Body=body, ContentType="application/json", **members
        )["InferenceId"]

    def instances(self, endpoint: str) -> tuple[int, int]:
        """The current and the desired number of an endpoint's instances."""
        (summary,) = self.control.describe_endpoint(EndpointName=endpoint)["ProductionVariants"]
        return summary["CurrentInstanceCount"], summary["DesiredInstanceCount"]

    def wait_for_instances(self, endpoint: str, count: int) -> None:
        """Wait until an endpoint is in service with that many instances."""
        self.wait_for(endpoint, "InService")
        eventually(lambda: self.instances(endpoint) == (count, count) and self.status(endpoint) == "InService")

    def set_capacity(self, endpoint: str, count: int) -> None:
        """Give an endpoint that many instances, bypassing its scalable target."""
        self.control.update_endpoint_weights_and_capacities(
            EndpointName=endpoint,
            DesiredWeightsAndCapacities=[{"VariantName": "all", "DesiredInstanceCount": count}],
        )

    def put_alarm(self, endpoint: str, **members: Any) -> str:
        """Put an alarm on an endpoint that has work and no instance; returns its name."""
        alarm: Any = {
            "AlarmName": f"{endpoint}-from-zero",
            "Namespace": "AWS/SageMaker",
            "MetricName": "HasBacklogWithoutCapacity",
            "Dimensions": [{"Name": "EndpointName", "Value": endpoint}],
            "Statistic": "Average",
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "Threshold": 1.0,
            "Period": 60,
            "EvaluationPeriods": 1,
            **members,
        }
        self.alarms.put_metric_alarm(**alarm)
        return str(alarm["AlarmName"])

    def register(self, endpoint: str, lowest: int, highest: int) -> str:
        """Register the endpoint's scalable target, or change its limits; returns its resource id."""
        resource = f"endpoint/{endpoint}/variant/all"
        self.scaling.register_scalable_target(**SCALED, ResourceId=resource, MinCapacity=lowest, MaxCapacity=highest)
        return resource

    def targets(self, resource: str) -> list[Any]:
        """The scalable targets of a resource: one or none."""
        found = self.scaling.describe_scalable_targets(ServiceNamespace="sagemaker", ResourceIds=[resource])
        return list(found["ScalableTargets"])
