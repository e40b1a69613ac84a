import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from goc import client as client_module
from goc import retries
from goc.client import Client
from tests.goc.deployment import KEY, Deployment
from tests.goc.serving import served
from tests.goc.site import Site


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "FIRST_PAUSE", 0.0)
    monkeypatch.setattr(client_module, "POLL_SECONDS", 0.0)


@pytest.fixture
def content() -> bytes:
    """Six parts and a bit, no two of them alike."""
    return random.Random(1).randbytes(612_345)  # noqa: S311


@pytest.fixture
def file(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "pixel-art.safetensors"
    path.write_bytes(content)
    return path


@pytest.fixture
def deployment() -> Iterator[Deployment]:
    deployment = Deployment()
    with served(deployment) as deployment.url:
        yield deployment


@pytest.fixture
def client(deployment: Deployment) -> Iterator[Client]:
    with Client(deployment.url, KEY) as client:
        yield client


@pytest.fixture
def site(content: bytes) -> Site:
    return Site(content)


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    """Of the model there."""
    with served(site) as url:
        yield f"{url}/model"
