"""The emulator as a process: what a stop, a kill and a start do to its endpoints and their queues."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from local.sagemaker import containers
from local.sagemaker.__main__ import settings
from local.sagemaker.app import build_app
from tests.local.clients import Client
from tests.local.conftest import FAKE_CONTAINER, settings_for
from tests.local.fake_aws import FakeAws
from tests.local.fake_container import TAKEN
from tests.local.serving import served
from tests.waiting import eventually

COMMAND = (sys.executable, "-m", "local.sagemaker")


class Emulator:
    """`python -m local.sagemaker` on one state folder, started and ended at will."""

    def __init__(self, aws: FakeAws, state: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.client = Client(f"http://127.0.0.1:{port}")
        self.log = state / "emulator.log"
        self._state = state
        self.environment = os.environ | {
            "SAGEMAKER_EMULATOR_PORT": str(port),
            "SAGEMAKER_EMULATOR_STATE": str(state),
            "SAGEMAKER_EMULATOR_SPEEDUP": "600",
            "SAGEMAKER_EMULATOR_CONTAINER_COMMAND": " ".join(FAKE_CONTAINER),
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def start(self, transition_seconds: float = 0.4) -> None:
        """Start it, with longer transitions if a test looks at what is there during one."""
        environment = self.environment | {"SAGEMAKER_EMULATOR_TRANSITION_SECONDS": str(transition_seconds)}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(COMMAND, env=environment, stdout=log, stderr=log)
        eventually(self._answers, seconds=60)

    def _answers(self) -> bool:
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.client.url}/health").is_success
        return False

    def end(self, number: signal.Signals) -> list[int]:
        """Send the signal, wait, and return the process ids of the containers that were running."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        containers = [int(child) for task in tasks for child in task.read_text().split()]
        self.process.send_signal(number)
        self.process.wait()
        return containers

    def order_held(self, endpoint: str, order: dict[str, float]) -> str:
        """Invoke, and wait until the container has it."""
        inference_id = self.client.order(endpoint, order)
        eventually(lambda: TAKEN in (self._state / "logs" / f"{endpoint}.log").read_text())
        return inference_id


@pytest.fixture
def process(aws: FakeAws, tmp_path: Path) -> Iterator[Emulator]:
    emulator = Emulator(aws, tmp_path)
    emulator.start()
    yield emulator
    emulator.process.kill()
    emulator.process.wait()


def gone(process_id: int) -> bool:
    """Whether the process has ended; one that nobody has waited for yet is a zombie."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return True


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_emulator_leaves_no_process_behind(process: Emulator, number: signal.Signals) -> None:
    process.client.deploy()
    process.client.deploy()

    containers = process.end(number)

    assert len(containers) == 2
    assert all(gone(container) for container in containers)


def test_a_killed_emulator_takes_its_containers_with_it(process: Emulator) -> None:
    process.client.deploy()

    (container,) = process.end(signal.SIGKILL)

    assert eventually(lambda: gone(container))


def test_a_kill_fails_what_was_in_flight_and_keeps_what_was_queued(process: Emulator, aws: FakeAws) -> None:
    endpoint = process.client.deploy()
    held = process.order_held(endpoint, {"sleep": 60})
    queued = process.client.order(endpoint, {"number": 2})

    process.end(signal.SIGKILL)
    process.start(transition_seconds=2)

    assert process.client.status(endpoint) == "SystemUpdating"
    during = process.client.order(endpoint, {"number": 3})
    assert aws.notice(held).notice["failureReason"] == "The instance that held the request was lost."
    assert aws.notice(queued).notice["invocationStatus"] == "Completed"
    assert aws.notice(during).notice["invocationStatus"] == "Completed"
    assert eventually(lambda: aws.states(endpoint)[3:]) == ["IN_SERVICE"]
    assert aws.states(endpoint)[:3] == ["CREATING", "IN_SERVICE", "SYSTEM_UPDATING"]


@pytest.mark.parametrize("environment", [{}, {"AT_SIGTERM": "hand back"}])
def test_what_a_stop_interrupts_runs_after_the_next_start(
    process: Emulator, aws: FakeAws, environment: dict[str, str]
) -> None:
    endpoint = process.client.deploy(process.client.configure(environment))
    first = process.order_held(endpoint, {"sleep": 2})
    second = process.client.order(endpoint, {})

    process.end(signal.SIGTERM)
    unanswered = not aws.notices(first) and not aws.notices(second)
    process.start()

    assert unanswered
    assert aws.notice(second).notice["invocationStatus"] == "Completed"
    assert [published.notice["invocationStatus"] for published in aws.notices(first)] == ["Completed"]


def test_what_a_container_finishes_while_it_stops_is_stored_and_told(process: Emulator, aws: FakeAws) -> None:
    endpoint = process.client.deploy(process.client.configure({"AT_SIGTERM": "finish"}))
    held = process.order_held(endpoint, {"sleep": 60})

    process.end(signal.SIGTERM)

    (published,) = aws.notices(held)
    assert published.notice["responseParameters"]["outputLocation"] in aws.objects


def test_a_container_that_will_not_stop_is_killed_and_its_work_kept(
    aws: FakeAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers, "STOP_SECONDS", 0.2)

    with served(build_app(settings_for(aws, tmp_path))) as url:
        client = Client(url)
        endpoint = client.deploy(client.configure({"AT_SIGTERM": "ignore"}))
        held = client.order(endpoint, {"sleep": 60})
        eventually(lambda: any((tmp_path / "backlogs" / endpoint / "held").iterdir()))

    (queued,) = (tmp_path / "backlogs" / endpoint / "queued").iterdir()
    assert held in queued.read_text()
    assert not aws.notices(held)


def test_a_deletion_that_was_cut_short_is_finished(process: Emulator) -> None:
    endpoint = process.client.deploy()
    process.client.control.delete_endpoint(EndpointName=endpoint)

    process.end(signal.SIGKILL)
    process.start(transition_seconds=2)

    assert process.client.status(endpoint) == "Deleting"
    eventually(lambda: not process.client.control.list_endpoints()["Endpoints"])


def test_an_update_that_was_cut_short_is_rolled_back(process: Emulator) -> None:
    endpoint, other = process.client.deploy(), process.client.configure({"SILENT": "1"})  # it would not end by itself
    process.client.control.update_endpoint(EndpointName=endpoint, EndpointConfigName=other)

    process.end(signal.SIGTERM)
    process.start()
    process.client.wait_for(endpoint, "InService")

    assert process.client.control.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"] == endpoint


def test_a_restart_brings_back_as_many_instances_as_there_were_with_their_rules(process: Emulator) -> None:
    endpoint = process.client.deploy()
    resource = process.client.register(endpoint, 2, 3)
    process.client.wait_for_instances(endpoint, 2)

    process.end(signal.SIGTERM)
    process.start(transition_seconds=2)

    during = process.client.instances(endpoint)
    process.client.wait_for(endpoint, "InService")
    assert during == (0, 2)
    assert process.client.instances(endpoint) == (2, 2)
    assert process.client.targets(resource)[0]["MinCapacity"] == 2
    assert len(process.end(signal.SIGTERM)) == 2


def test_a_second_emulator_on_the_port_ends_and_leaves_the_first_alone(process: Emulator, aws: FakeAws) -> None:
    endpoint = process.client.deploy()
    held = process.order_held(endpoint, {"sleep": 60})

    second = subprocess.run(COMMAND, env=process.environment, capture_output=True, check=False)

    assert second.returncode == 1
    assert b"Address already in use" in second.stderr
    assert process.client.status(endpoint) == "InService"
    assert not aws.notices(held)


def test_a_container_gets_of_the_emulator_s_environment_what_the_machine_shares(process: Emulator) -> None:
    own = {
        "MODELS_FOLDER": "/models",
        "OMP_NUM_THREADS": "1",
        "GPU": "",
        "OTHER": "1",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }

    told = settings(process.environment | own).container_environment

    assert (told["MODELS_FOLDER"], told["OMP_NUM_THREADS"], told["GPU"]) == ("/models", "1", "")
    assert told["AWS_ENDPOINT_URL"] == process.environment["AWS_ENDPOINT_URL"]
    assert told.keys().isdisjoint({"OTHER", "AWS_SECRET_ACCESS_KEY"})


def test_prompts_stay_out_of_the_log(process: Emulator, aws: FakeAws) -> None:
    endpoint = process.client.deploy()
    failed = process.client.order(endpoint, {"prompt of a stranger": 1, "status": 500})
    aws.notice(failed)

    process.end(signal.SIGTERM)

    log = process.log.read_text()
    assert failed in log
    assert "stranger" not in log
