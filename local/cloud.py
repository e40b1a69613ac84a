"""The whole of the local cloud: started in order, each step reported with its time, and stopped."""

import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import httpx

from goc.client import Client
from goc.failures import Failure
from local import furnishing
from local.children import Child, require_free_port
from local.deployment import Deployment, deploy
from local.failures import LocalCloudFailed
from local.place import ROOT, Place

MINISTACK_PYTHON = ROOT / ".venv-ministack/bin/python"

# How long each may take to stop: ministack writes its state then; a container has SageMaker's 30 s to finish its job.
AWS_STOP_SECONDS = 15
SAGEMAKER_STOP_SECONDS = 40
CONSOLE_STOP_SECONDS = 5


@dataclass(frozen=True)
class Cloud:
    api: str
    console: str
    key: str
    endpoint: str
    checkpoint: str
    deployment: Deployment
    children: tuple[Child, ...]

    def client(self) -> httpx.Client:
        """A client that speaks to the API as its user does."""
        return httpx.Client(base_url=self.api, headers={"x-api-key": self.key}, timeout=30)

    def check(self) -> None:
        """Raises LocalCloudFailed if a part of it has died."""
        for child in self.children:
            if not child.running:
                raise LocalCloudFailed(
                    f"{child.name} has died; everything is stopped now. `make up` starts it again, with what was there "
                    f"when it was last stopped in order.\n{child.last_words()}"
                )


@contextmanager
def running(place: Place, environment: Mapping[str, str], say: Callable[[str], None]) -> Iterator[Cloud]:
    """A local cloud with models and an endpoint that takes jobs, stopped at the end. Raises LocalCloudFailed.

    `environment` is the place's own, and this process runs in it too.
    """
    with ExitStack() as stack:
        stack.enter_context(place.taken())
        for port in (place.port, place.sagemaker_port, place.console_port):
            require_free_port(port)
        with _step(say, f"the local AWS is up at {place.aws}"):
            aws = _start_aws(place, environment)
            stack.callback(aws.stop, AWS_STOP_SECONDS)
            aws.wait_until(lambda: _answers(f"{place.aws}/_ministack/health"), seconds=30)
        with _step(say, f"SageMaker is up at {place.sagemaker}"):
            sagemaker = _start_sagemaker(place, environment)
            stack.callback(sagemaker.stop, SAGEMAKER_STOP_SECONDS)
            sagemaker.wait_until(lambda: _answers(f"{place.sagemaker}/health"), seconds=30)
        with _step(say, "the stack is deployed"):
            deployment = deploy(place, environment)
        with _step(say, f"the web page is up at {place.console}"):
            console = _start_console(place, environment, deployment)
            stack.callback(console.stop, CONSOLE_STOP_SECONDS)
            console.wait_until(lambda: _answers(place.console), seconds=30)
        yield _furnished(place, deployment, (console, sagemaker, aws), say)


def _furnished(place: Place, deployment: Deployment, children: tuple[Child, ...], say: Callable[[str], None]) -> Cloud:
    key, name = furnishing.api_key(deployment), furnishing.endpoint_name(deployment)
    cloud = Cloud(deployment.api, place.console, key, name, furnishing.CHECKPOINT, deployment, children)
    try:
        with Client(cloud.api, cloud.key) as client:
            with _step(say, f"the checkpoint {cloud.checkpoint!r} and what goes with it are uploaded and listed"):
                furnishing.upload_models(client)
            with _step(say, f"the endpoint {cloud.endpoint!r} is InService"):
                furnishing.ensure_endpoint(client, name, cloud.check)
    except Failure as failure:
        cloud.check()
        logs = "\n".join(child.last_words() for child in cloud.children)
        raise LocalCloudFailed(f"{failure}\n{logs}") from failure
    return cloud


def _start_aws(place: Place, environment: Mapping[str, str]) -> Child:
    temporary = place.folder / "tmp"  # where ministack unpacks each function, and leaves it
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    settings = {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(place.port),
        "PERSIST_STATE": "1",
        "STATE_DIR": str(place.folder / "aws"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(place.folder / "s3"),
        "TMPDIR": str(temporary),
        "AUTH": "true",  # every function under its own role's rights, as on AWS
    }
    command = [str(MINISTACK_PYTHON), "-m", "ministack"]
    return Child("ministack", command, {**environment, **settings}, place.folder / "aws.log")


def _start_sagemaker(place: Place, environment: Mapping[str, str]) -> Child:
    settings = {
        "SAGEMAKER_EMULATOR_PORT": str(place.sagemaker_port),
        "SAGEMAKER_EMULATOR_STATE": str(place.folder / "sagemaker"),
        "MODELS_FOLDER": str(place.folder / "models"),
        # More than one thread slows the tiny model down: on a busy machine, they wait for each other.
        "OMP_NUM_THREADS": "1",
        "GPU": "",  # none is asked for, whatever the endpoint's instance type is
    }
    command = [sys.executable, "-m", "local.sagemaker"]
    return Child("the SageMaker emulator", command, {**environment, **settings}, place.folder / "sagemaker.log")


def _start_console(place: Place, environment: Mapping[str, str], deployment: Deployment) -> Child:
    addresses = ["--port", str(place.console_port), "--api", deployment.api, "--aws", place.aws]
    command = [sys.executable, "-m", "local.console", *addresses]
    return Child("the web page", command, environment, place.folder / "console.log")


@contextmanager
def _step(say: Callable[[str], None], done: str) -> Iterator[None]:
    start = time.monotonic()
    yield
    say(f"{time.monotonic() - start:5.1f} s  {done}")


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).is_success
    except httpx.TransportError:
        return False
