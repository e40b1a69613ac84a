"""What a local cloud needs beside the stack, so that an order can be placed: a key, models, an endpoint."""

import time
from contextlib import suppress
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

from infrastructure.keys import Keys
from local.deployment import Deployment
from local.place import ROOT

if TYPE_CHECKING:
    from types_boto3_sagemaker import SageMakerClient
    from types_boto3_sagemaker.type_defs import AsyncInferenceConfigTypeDef

MODELS = ROOT / "container/demo/models"
CHECKPOINT = "shapes"
_KEY_NAME = "local"


def api_key(deployment: Deployment) -> str:
    """The local user's key, issued the first time."""
    keys = Keys(deployment.usage_plan)
    return keys.value(_KEY_NAME) or keys.issue(_KEY_NAME)


def upload_models(deployment: Deployment) -> None:
    """Put the demo's models where any model is put; S3's events make their records."""
    s3 = boto3.client("s3")
    for file in MODELS.glob("*/*.safetensors"):
        s3.upload_file(str(file), deployment.bucket, f"models/{file.parent.name}/{file.name}")


def ensure_endpoint(deployment: Deployment) -> str:
    """Create the endpoint as an operator would on AWS, unless it is there. Answers its name."""
    sagemaker = boto3.client("sagemaker")
    name = f"{deployment.endpoint_prefix}demo"
    status = _status(sagemaker, name)
    if status == "Failed" or (status and not _of(deployment, sagemaker, name)):
        _delete_endpoint(sagemaker, name)
        status = None
    if not status:
        _create_endpoint(sagemaker, name, deployment)
    return name


def _of(deployment: Deployment, sagemaker: "SageMakerClient", name: str) -> bool:
    """Whether it is this deployment's as it is now, and not one's that was destroyed, or of before an upgrade."""
    model = sagemaker.describe_model(ModelName=name)
    told = model["PrimaryContainer"]["Environment"]
    return model["ExecutionRoleArn"] == deployment.endpoint_role and told == _environment(deployment)


def _delete_endpoint(sagemaker: "SageMakerClient", name: str) -> None:
    sagemaker.delete_endpoint(EndpointName=name)
    while _status(sagemaker, name):
        time.sleep(0.2)


def _status(sagemaker: "SageMakerClient", name: str) -> str | None:
    try:
        return sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"]
    except ClientError:
        return None


def _create_endpoint(sagemaker: "SageMakerClient", name: str, deployment: Deployment) -> None:
    with suppress(ClientError):  # they may be there from an endpoint that was deleted
        sagemaker.delete_endpoint_config(EndpointConfigName=name)
    with suppress(ClientError):
        sagemaker.delete_model(ModelName=name)
    sagemaker.create_model(
        ModelName=name,
        ExecutionRoleArn=deployment.endpoint_role,
        PrimaryContainer={
            "Image": "000000000000.dkr.ecr.us-east-1.amazonaws.com/generate-on-cloud:local",
            "Environment": _environment(deployment),
        },
    )
    sagemaker.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[
            {"VariantName": "all", "ModelName": name, "InstanceType": "ml.g5.xlarge", "InitialInstanceCount": 1}
        ],
        AsyncInferenceConfig=_asynchronous(deployment),
    )
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)


def _environment(deployment: Deployment) -> dict[str, str]:
    return {
        "BUCKET": deployment.bucket,
        "JOBS_TABLE": deployment.jobs_table,
        "MODELS_TABLE": deployment.models_table,
        "MODELS_FOLDER": str(deployment.folder / "models"),
        # More threads than one slow the tiny model down, and wait for each other on a busy machine.
        "OMP_NUM_THREADS": "1",
    }


def _asynchronous(deployment: Deployment) -> "AsyncInferenceConfigTypeDef":
    return {
        "OutputConfig": {
            "S3OutputPath": f"s3://{deployment.bucket}/jobs",
            "S3FailurePath": f"s3://{deployment.bucket}/jobs",
            "NotificationConfig": {
                "SuccessTopic": deployment.success_topic,
                "ErrorTopic": deployment.error_topic,
                "IncludeInferenceResponseIn": ["SUCCESS_NOTIFICATION_TOPIC", "ERROR_NOTIFICATION_TOPIC"],
            },
        },
        "ClientConfig": {"MaxConcurrentInvocationsPerInstance": 1},
    }
