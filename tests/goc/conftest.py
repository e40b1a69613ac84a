import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from goc import client as client_module
from goc import retries
from goc.client import Client
from goc.commands import main
from tests.goc.deployment import KEY, Deployment
from tests.goc.serving import served
from tests.goc.site import Site

Said = tuple[int, str, str]  # the exit status, stdout and stderr
Goc = Callable[..., Said]
Started = Callable[..., AbstractContextManager["subprocess.Popen[str]"]]


@pytest.fixture(scope="session", autouse=True)
def _plain_surroundings() -> Iterator[None]:
    """Terminals are as the tests make them, and Ctrl-C ends what they start, even if they run in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("COLUMNS", "FORCE_COLOR", "GITHUB_ACTIONS", "PY_COLORS"):
            patch.delenv(name, raising=False)
        patch.setenv("TERM", "xterm")
        yield


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
def goc(deployment: Deployment, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Goc:
    """Run in this process, off a terminal; keyword arguments go into its environment."""

    def goc(*arguments: str, **environ: str) -> Said:
        given = {"GOC_API": deployment.url, "GOC_KEY": KEY, "XDG_CONFIG_HOME": str(tmp_path)} | environ
        return main(arguments, given), *capsys.readouterr()

    return goc


@pytest.fixture
def started(deployment: Deployment) -> Started:
    """A process of its own, for as long as the block lasts."""

    @contextmanager
    def started(
        *arguments: str, stdin: int = subprocess.DEVNULL, stdout: int = subprocess.PIPE, stderr: int = subprocess.PIPE
    ) -> Iterator["subprocess.Popen[str]"]:
        environ = os.environ | {"GOC_API": deployment.url, "GOC_KEY": KEY}
        command = [sys.executable, "-m", "goc", *arguments]
        with subprocess.Popen(command, env=environ, stdin=stdin, stdout=stdout, stderr=stderr, text=True) as process:
            try:
                yield process
            finally:
                process.kill()

    return started


@pytest.fixture
def site(content: bytes) -> Site:
    return Site(content)


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    """The address of the model there."""
    with served(site) as url:
        yield f"{url}/model"
