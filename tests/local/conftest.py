"""The emulator between a fake of AWS and a fake container; all else is real."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from local.sagemaker.app import build_app
from local.sagemaker.settings import Settings
from tests.local.clients import Client
from tests.local.fake_aws import FakeAws
from tests.local.serving import served

FAKE_CONTAINER = (sys.executable, "-S", str(Path(__file__).with_name("fake_container.py")))


@pytest.fixture(scope="session", autouse=True)
def _credentials() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        yield


@pytest.fixture(scope="session")
def aws() -> Iterator[FakeAws]:
    fake = FakeAws()
    with served(fake.app()) as fake.url:
        yield fake


def settings_for(aws: FakeAws, state: Path) -> Settings:
    return Settings(
        port=0,
        state=state,
        region="us-east-1",
        aws_endpoint_url=aws.url,
        transition_seconds=0.2,
        container_command=FAKE_CONTAINER,
        container_environment={},
        speedup=600,
        instance_quota=1000,  # most tests leave their endpoints behind
    )


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="session")
def emulator(aws: FakeAws, state: Path) -> Iterator[Client]:
    with served(build_app(settings_for(aws, state))) as url:
        yield Client(url)


@pytest.fixture(scope="session")
def unhurried(aws: FakeAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """An emulator whose endpoints take long enough to change for a test to look at them meanwhile."""
    slow = replace(settings_for(aws, tmp_path_factory.mktemp("unhurried")), transition_seconds=1)
    with served(build_app(slow)) as url:
        yield Client(url)
