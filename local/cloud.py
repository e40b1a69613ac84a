"""The whole of the local cloud: started in its order, each step said with its time, and stopped."""

import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from local import furnishing
from local.children import Child, require_free_port
from local.deployment import Deployment, deploy
from local.failures import LocalCloudFailed
from local.place import ROOT, Place

MINISTACK_PYTHON = ROOT / ".venv-ministack/bin/python"

# How long each may take to stop: ministack writes its state then; a container has SageMaker's 30 s to finish its job.
AWS_STOP_SECONDS = 15
SAGEMAKER_STOP_SECONDS = 40


@dataclass(frozen=True)
class Cloud:
    api: str
    key: str
    endpoint: str
    checkpoint: str
    deployment: Deployment
    children: tuple[Child, ...]

    def client(self) -> httpx.Client:
        """Speaks to the API as its user does."""
        return httpx.Client(base_url=self.api, headers={"x-api-key": self.key}, timeout=30)

    def check(self) -> None:
        """Raises LocalCloudFailed where a part of it has died."""
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
        require_free_port(place.port)
        require_free_port(place.sagemaker_port)
        with _step(say, f"the local AWS is up at {place.aws}"):
            aws = _start_aws(place, environment)
            stack.callback(aws.stop, AWS_STOP_SECONDS)
            aws.wait_until(lambda: _answers(f"{place.aws}/_ministack/health"), seconds=30)
        with _step(say, "the stack is deployed"):
            deployment = deploy(place, environment)
        with _step(say, f"SageMaker is up at {place.sagemaker}"):
            sagemaker = _start_sagemaker(place, environment, deployment)
            stack.callback(sagemaker.stop, SAGEMAKER_STOP_SECONDS)
            sagemaker.wait_until(lambda: _answers(f"{place.sagemaker}/health"), seconds=30)
        yield _furnished(deployment, (sagemaker, aws), say)


def _furnished(deployment: Deployment, children: tuple[Child, ...], say: Callable[[str], None]) -> Cloud:
    cloud = Cloud(
        api=deployment.api,
        key=furnishing.api_key(deployment),
        endpoint=furnishing.ensure_endpoint(deployment),
        checkpoint=furnishing.CHECKPOINT,
        deployment=deployment,
        children=children,
    )
    with cloud.client() as client:
        with _step(say, f"the checkpoint {cloud.checkpoint!r} and what goes with it are uploaded and listed"):
            furnishing.upload_models(deployment)
            _wait_until(lambda: bool(_find(client, "models", cloud.checkpoint)), cloud)
        with _step(say, f"the endpoint {cloud.endpoint!r} is InService"):
            _wait_until(lambda: _in_service(_find(client, "endpoints", cloud.endpoint)), cloud)
    return cloud


def _in_service(endpoint: dict[str, Any]) -> bool:
    if endpoint.get("status") == "Failed":
        raise LocalCloudFailed(f"The endpoint failed: {endpoint['reason']} Its log is under sagemaker/logs.")
    return endpoint.get("status") == "InService"


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


def _start_sagemaker(place: Place, environment: Mapping[str, str], deployment: Deployment) -> Child:
    settings = {
        "SAGEMAKER_EMULATOR_PORT": str(place.sagemaker_port),
        "SAGEMAKER_EMULATOR_STATE": str(place.folder / "sagemaker"),
        "SAGEMAKER_EMULATOR_EVENT_FUNCTION": deployment.endpoint_changed,
    }
    command = [sys.executable, "-m", "local.sagemaker"]
    return Child("the SageMaker emulator", command, {**environment, **settings}, place.folder / "sagemaker.log")


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


def _find(client: httpx.Client, collection: str, name: str) -> dict[str, Any]:
    """The endpoint or model of that name as the API lists it; empty where it does not."""
    listed: list[dict[str, Any]] = client.get(f"/{collection}").raise_for_status().json()[collection]
    return next((each for each in listed if each["name"] == name), {})


def _wait_until(ready: Callable[[], bool], cloud: Cloud, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        cloud.check()
        if time.monotonic() > deadline:
            logs = "\n".join(child.last_words() for child in cloud.children)
            raise LocalCloudFailed(f"It did not come about in {seconds:.0f} s.\n{logs}")
        time.sleep(0.2)
