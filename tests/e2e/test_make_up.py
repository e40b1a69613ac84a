"""`make up`, as its user meets it: at a terminal."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.place import ROOT
from tests.e2e.ports import free_ports
from tests.e2e.user import soon
from tests.waiting import eventually

SECONDS = 120


class Up:
    """One `python -m local up` with its output."""

    def __init__(self, folder: Path, port: int, tree: Path = ROOT) -> None:
        self._folder = folder
        arguments = ["up", "--folder", str(folder), "--port", str(port)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "local", *arguments],
            cwd=tree,
            env=os.environ | {"PYTHONPATH": str(tree)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.said = ""

    def until(self, text: str) -> str:
        """What it has said, once that contains this text."""
        assert self.process.stdout
        while text not in self.said:
            line = self.process.stdout.readline()
            assert line, self.said
            self.said += line
        return self.said

    def end(self, with_signal: signal.Signals | None = None) -> int:
        """Its exit status; what else it had to say is in `said`."""
        if with_signal:
            self.process.send_signal(with_signal)
        self.said += self.process.communicate(timeout=SECONDS)[0]
        return self.process.returncode

    def children(self) -> list[int]:
        """The processes that run with this folder's state, or on its ports."""
        found = []
        for process in Path("/proc").iterdir():
            if process.name.isdigit() and int(process.name) != os.getpid():
                try:
                    environment = (process / "environ").read_bytes()
                except OSError:
                    continue
                if str(self._folder).encode() in environment:
                    found.append(int(process.name))
        return found

    def child(self, module: str) -> int:
        """Its own child that runs `python -m module`; what that starts may look the same for a moment."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        pids = [int(pid) for task in tasks for pid in task.read_text().split()]
        (found,) = [pid for pid in pids if f"-m\0{module}\0" in Path(f"/proc/{pid}/cmdline").read_text()]
        return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the lock of a CDK that was killed, which counts as held as long as any process has that number."""
    folder = tmp_path_factory.mktemp("up")
    (folder / "cdk.out").mkdir()
    (folder / "cdk.out/synth.lock").write_text(str(os.getpid()))
    return folder


@pytest.fixture(scope="module")
def port() -> int:
    return free_ports()


@pytest.fixture(scope="module")
def started() -> Iterator[list[Up]]:
    started: list[Up] = []
    yield started
    if started[-1].process.poll() is None:
        started[-1].end(signal.SIGINT)


@pytest.fixture
def up(started: list[Up], folder: Path, port: int) -> Up:
    """The one that is running, or a new one if the test before has ended it."""
    if not started or started[-1].process.poll() is not None:
        started.append(Up(folder, port))
    return started[-1]


def shell(lines: str) -> str:
    return subprocess.run(["bash", "-c", lines], capture_output=True, text=True, check=True).stdout


def curls(said: str) -> list[str]:
    return [line for line in said.splitlines() if "curl " in line]


def nothing_left(up: Up) -> bool:
    """A synthesis under way goes on to its end even if nobody waits for it any more."""
    return eventually(lambda: not up.children(), SECONDS)


def test_its_page_opens_its_curl_lines_work_when_pasted_and_ctrl_c_leaves_nothing_running(up: Up, folder: Path) -> None:
    endpoints, submit, get = curls(up.until("Ctrl-C"))
    (page,) = re.findall(r"http://\S+/#key=\w+", up.said)
    assert "<title>Generate on Cloud</title>" in shell(f"curl -s '{page}'")
    assert '"status":"InService"' in shell(endpoints)
    assert '"checkpoint":"shapes"' in shell(f"{submit}; {get}")
    # two more orders, which the stop interrupts
    ids = shell(f"{submit}; echo $JOB; {submit}; echo $JOB").split()
    (folder / "ids").write_text(" ".join(ids))
    assert up.end(signal.SIGINT) == 0
    assert nothing_left(up)


def test_what_was_made_is_there_again_and_what_was_ordered_is_drawn(up: Up, folder: Path) -> None:
    _, _, get = curls(up.until("Ctrl-C"))
    ids = (folder / "ids").read_text().split()
    assert len(ids) == 2
    soon(lambda: all('"status":"succeeded"' in shell(f"JOB={id}; {get}") for id in ids))


def test_a_second_one_in_the_same_checkout_says_so(up: Up, folder: Path) -> None:
    up.until("local AWS is up")
    second = Up(folder, free_ports())
    assert second.end() == 1
    assert "is running in" in second.said
    up.until("Ctrl-C")


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        up = Up(tmp_path, port)
        assert up.end() == 1
        assert f"Port {port} is taken" in up.said
        assert f"PORT={port + 10}" in up.said


def test_a_killed_child_is_said_and_ends_it(up: Up) -> None:
    up.until("Ctrl-C")
    os.kill(up.child("ministack"), signal.SIGKILL)
    assert up.end() == 1
    assert "ministack has died" in up.said
    assert nothing_left(up)


def test_what_has_died_is_recovered_and_what_is_killed_itself_leaves_nothing_running(up: Up) -> None:
    assert "InService" in up.until("Ctrl-C")
    assert up.end(signal.SIGKILL) == -signal.SIGKILL
    assert nothing_left(up)


@pytest.mark.parametrize("logged", ["CDKToolkit", "Bundling asset", "AWS::Lambda::Function "])
def test_a_start_that_was_killed_halfway_is_made_good_by_the_next(tmp_path: Path, logged: str) -> None:
    """While the account is prepared, while the stack is synthesized, while it is created."""
    port, log = free_ports(), tmp_path / "cdk.log"
    first = Up(tmp_path, port)
    first.until("local AWS is up")
    eventually(lambda: log.exists() and logged in log.read_text(errors="replace"), SECONDS)
    assert first.end(signal.SIGKILL) == -signal.SIGKILL
    assert nothing_left(first)
    second = Up(tmp_path, port)
    assert "InService" in second.until("Ctrl-C")
    assert second.end(signal.SIGTERM) == 0
