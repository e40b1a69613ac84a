"""The whole local cloud, with every function and the container under its own role, spoken to over HTTP."""

import os
from collections.abc import Iterator

import pytest

from local.cloud import Cloud, running
from local.place import Place
from tests.e2e.ports import free_ports
from tests.e2e.user import User


@pytest.fixture(scope="package")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    place = Place(tmp_path_factory.mktemp("cloud"), free_ports())
    environment = place.environment(os.environ)
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        for name, value in environment.items():
            patch.setenv(name, value)
        with running(place, environment, say=print) as cloud:
            yield cloud


@pytest.fixture
def user(cloud: Cloud) -> Iterator[User]:
    with cloud.client() as client:
        yield User(client, cloud.endpoint)
    for child in cloud.children:
        print(child.last_words())  # shown if the test failed
