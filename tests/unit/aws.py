"""The AWS that moto plays, with what the stack makes in it, and functions whose clients reach it."""

from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import pytest
from aws_cdk.assertions import Template
from moto import mock_aws

from shared.cloud import Cloud, cloud
from shared.settings import EndpointSettings, Settings, endpoint_settings
from tests.tables import as_declared
from tests.unit.sagemaker import FakeSageMaker

TABLES = ("jobs", "models", "endpoints")
SETTINGS = Settings(
    jobs_table="jobs",
    models_table="models",
    endpoints_table="endpoints",
    bucket="bucket",
    inline_bodies=True,
    deadline_seconds=3600,
    most_deadline_seconds=7200,
    retention_days=30,
    cors_origins="https://console.example",
)
ENDPOINT_SETTINGS = EndpointSettings(
    stage="dev",
    endpoint_prefix="goc-dev-",
    endpoint_image="123456789012.dkr.ecr.us-east-1.amazonaws.com/goc:1",
    endpoint_role="arn:aws:iam::123456789012:role/execution",
    success_topic="arn:aws:sns:us-east-1:123456789012:success",
    error_topic="arn:aws:sns:us-east-1:123456789012:error",
    most_endpoints=3,
    most_instances=4,
)
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
_SAGEMAKER = (
    "AWS_ENDPOINT_URL_SAGEMAKER",
    "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME",
    "AWS_ENDPOINT_URL_APPLICATION_AUTO_SCALING",
)


@contextmanager
def opened(sagemaker: FakeSageMaker) -> Iterator[Cloud]:
    """The cloud as a function sees it, with its bucket; `tables` makes the rest."""
    environment = (
        SETTINGS.to_env() | ENDPOINT_SETTINGS.to_env() | CREDENTIALS | dict.fromkeys(_SAGEMAKER, sagemaker.url)
    )
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        boto3.client("s3").create_bucket(Bucket=SETTINGS.bucket)
        yield cloud()
        cloud.cache_clear()
        endpoint_settings.cache_clear()


@contextmanager
def tables(aws: Cloud, template: Template) -> Iterator[None]:
    """The stack's own tables, empty."""
    _make(aws, template)
    yield
    _remove(aws)


def empty(aws: Cloud, template: Template) -> None:
    _remove(aws)
    _make(aws, template)


def _make(aws: Cloud, template: Template) -> None:
    for name in TABLES:
        aws.dynamodb.create_table(TableName=name, **as_declared(template, name))


def _remove(aws: Cloud) -> None:
    for name in TABLES:
        aws.dynamodb.delete_table(TableName=name)
