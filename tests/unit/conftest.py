"""Functions in process: called with the events that AWS calls them with, over an AWS that moto plays."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from aws_cdk.assertions import Template
from botocore.client import BaseClient
from moto import mock_aws

from shared.cloud import Cloud, cloud
from shared.settings import Settings
from tests.tables import as_declared
from tests.unit.api import Api
from tests.unit.calls import AwsCalls
from tests.unit.sagemaker import FakeSageMaker

TABLES = ("jobs", "models", "endpoints")
SETTINGS = Settings(
    jobs_table="jobs",
    models_table="models",
    endpoints_table="endpoints",
    bucket="bucket",
    inline_bodies=True,
    deadline_seconds=3600,
    retention_days=30,
)


@pytest.fixture(scope="session")
def _served_sagemaker() -> Iterator[FakeSageMaker]:
    with FakeSageMaker.serving() as fake:
        yield fake


@pytest.fixture(scope="session")
def _opened(_served_sagemaker: FakeSageMaker) -> Iterator[Cloud]:
    """One for all tests: opening clients takes most of a test's time."""
    environment = SETTINGS.to_env() | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_SAGEMAKER": _served_sagemaker.url,
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": _served_sagemaker.url,
    }
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        boto3.client("s3").create_bucket(Bucket=SETTINGS.bucket)
        yield cloud()
        cloud.cache_clear()


@pytest.fixture
def sagemaker(_served_sagemaker: FakeSageMaker) -> FakeSageMaker:
    _served_sagemaker.reset()
    return _served_sagemaker


@pytest.fixture
def aws(_opened: Cloud, sagemaker: FakeSageMaker, template: Template) -> Iterator[Cloud]:
    """The cloud as a function sees it, with the stack's own tables, empty."""
    for name in TABLES:
        _opened.dynamodb.create_table(TableName=name, **as_declared(template, name))
    yield _opened
    for name in TABLES:
        _opened.dynamodb.delete_table(TableName=name)


@pytest.fixture
def api(aws: Cloud) -> Api:
    return Api()


@pytest.fixture
def aws_calls(aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> AwsCalls:
    """The names of the operations called from here on."""
    calls: AwsCalls = []
    really = BaseClient._make_api_call  # type: ignore[attr-defined]

    def counted(client: BaseClient, operation: str, parameters: Any) -> Any:
        calls.append(operation)
        return really(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", counted)
    return calls
