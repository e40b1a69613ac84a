"""The deployment under test, as its stack's outputs describe it, and a key for the time of the test."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import boto3

from infrastructure.config import Config
from infrastructure.keys import Keys, usage_plan


@dataclass(frozen=True)
class Deployment:
    api: str
    usage_plan: str
    bucket: str
    jobs_table: str
    success_topic: str
    error_topic: str


def find(stage: str, api: str | None = None) -> Deployment:
    """By the caller's credentials; `api` where its address is another than the stack says. Raises KeysRefused."""
    plan = usage_plan(stage)  # refuses a stack that is not there, or not deployed completely
    (stack,) = boto3.client("cloudformation").describe_stacks(StackName=Config(stage=stage).stack_name)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    return Deployment(
        api=api or outputs["ApiUrl"],
        usage_plan=plan,
        bucket=outputs["Bucket"],
        jobs_table=outputs["JobsTable"],
        success_topic=outputs["SuccessTopic"],
        error_topic=outputs["ErrorTopic"],
    )


@contextmanager
def temporary_key(deployment: Deployment) -> Iterator[str]:
    """A key whose owner is nobody else: the jobs of the test stand beside no others."""
    keys, name = Keys(deployment.usage_plan), f"smoke-{uuid4().hex[:12]}"
    key = keys.issue(name)
    try:
        yield key
    finally:
        keys.revoke(name)
