"""Functions in process: called with the events that AWS calls them with, over an AWS that moto plays."""

from collections.abc import Callable, Iterator

import pytest
from aws_cdk.assertions import Template
from hypothesis import HealthCheck, settings

from shared.cloud import Cloud
from tests.unit.api import Api
from tests.unit.aws import empty, opened, tables
from tests.unit.calls import AwsCalls, counted
from tests.unit.lives import remove_alarms
from tests.unit.logs import Log, logged
from tests.unit.sagemaker import FakeSageMaker
from tests.unit.uploads import sweep

# The same examples in every run, however busy the machine is.
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


@pytest.fixture(scope="package")
def _served_sagemaker() -> Iterator[FakeSageMaker]:
    with FakeSageMaker.serving() as fake:
        yield fake


@pytest.fixture(scope="package")
def _opened(_served_sagemaker: FakeSageMaker) -> Iterator[Cloud]:
    """One for all tests: opening clients takes most of a test's time."""
    with opened(_served_sagemaker) as aws:
        yield aws


@pytest.fixture
def sagemaker(_served_sagemaker: FakeSageMaker) -> FakeSageMaker:
    _served_sagemaker.reset()
    return _served_sagemaker


@pytest.fixture
def aws(_opened: Cloud, sagemaker: FakeSageMaker, template: Template) -> Iterator[Cloud]:
    """The cloud as a function sees it, with the stack's own tables, empty."""
    with tables(_opened, template):
        yield _opened


@pytest.fixture
def swept(aws: Cloud) -> Iterator[None]:
    """Leaves no model's file and no upload behind."""
    yield
    sweep()


@pytest.fixture
def without_alarms(aws: Cloud) -> Iterator[None]:
    """Leaves no alarm behind."""
    yield
    remove_alarms()


@pytest.fixture
def begin(aws: Cloud, sagemaker: FakeSageMaker, template: Template) -> Callable[[], None]:
    """Removes what an endpoint's life leaves behind, for a test that begins again and again."""

    def emptied() -> None:
        remove_alarms()
        sagemaker.reset()
        empty(aws, template)

    return emptied


@pytest.fixture
def api(aws: Cloud) -> Api:
    return Api()


@pytest.fixture
def aws_calls(aws: Cloud) -> Iterator[AwsCalls]:
    """The names of the operations called from here on."""
    with counted() as calls:
        yield calls


@pytest.fixture
def log() -> Iterator[Log]:
    """What functions log from here on."""
    with logged() as log:
        yield log
