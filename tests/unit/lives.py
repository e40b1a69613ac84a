"""Endpoints from their order to their end, with SageMaker's events in between."""

from functools import cache
from typing import TYPE_CHECKING, Any

import boto3

from lambdas.endpoints import life
from shared.cloud import Cloud
from tests.unit.api import Answer, Api
from tests.unit.sagemaker import FakeSageMaker

if TYPE_CHECKING:
    from types_boto3_cloudwatch import CloudWatchClient

NAME = "goc-dev-one"
WANTED = {"name": "one", "instance_type": "ml.g5.xlarge", "min_instances": 0, "max_instances": 2}
QUOTA = (
    "The account-level service limit 'ml.g5.xlarge for endpoint usage' is 0 Instances, with current utilization of 0 "
    "Instances and a request delta of 1 Instances."
)


@cache
def _cloudwatch() -> "CloudWatchClient":
    return boto3.client("cloudwatch")


def alarms() -> list[Any]:
    found = _cloudwatch().describe_alarms()["MetricAlarms"]
    return [*found]


def remove_alarms() -> None:
    _cloudwatch().delete_alarms(AlarmNames=[each["AlarmName"] for each in alarms()])


def create(api: Api, **fields: Any) -> Answer:
    return api.post("/endpoints", WANTED | fields)


def serve(aws: Cloud, sagemaker: FakeSageMaker, name: str = NAME) -> None:
    sagemaker.become(name, "InService")
    life.carry_on(name, aws)


def status(api: Api, name: str = NAME) -> str:
    body = api.get(f"/endpoints/{name}").body
    return str(body.get("title") if body["status"] == 404 else body["status"])


def left(sagemaker: FakeSageMaker) -> list[str]:
    """What is left of endpoints on AWS."""
    return [
        *sagemaker.models,
        *sagemaker.configs,
        *sagemaker.endpoints,
        *sagemaker.scaling.targets,
        *map(str, alarms()),
    ]
