"""An upgrade keeps data: this commit's stack reads what the previous one's has stored."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.place import ROOT
from tests.e2e.ports import free_ports
from tests.e2e.test_make_up import Up, curls, shell
from tests.e2e.user import soon


def git(*command: str) -> int:
    return subprocess.run(["git", *command], cwd=ROOT, capture_output=True, check=False).returncode


@pytest.fixture
def before(tmp_path: Path) -> Iterator[Path]:
    """A checkout of the previous commit, with what is installed in this one."""
    if git("rev-parse", "--verify", "HEAD~1"):
        pytest.skip("there is no commit before: this is no clone, or one without history")
    tree = tmp_path / "before"
    assert not git("worktree", "add", "--detach", str(tree), "HEAD~1")
    for installed in (".venv", ".venv-ministack", "node_modules"):
        (tree / installed).symlink_to(ROOT / installed)
    yield tree
    git("worktree", "remove", "--force", str(tree))


def test_a_job_of_the_commit_before_is_there_after_an_upgrade(before: Path, tmp_path: Path) -> None:
    folder, port = tmp_path / "state", free_ports()
    old = Up(folder, port, tree=before)
    _, submit, get = curls(old.until("Ctrl-C"))
    id = shell(f"{submit}; echo $JOB").strip()
    soon(lambda: '"status":"succeeded"' in shell(f"JOB={id}; {get}"))
    assert old.end(signal.SIGINT) == 0

    new = Up(folder, port)
    _, _, get = curls(new.until("Ctrl-C"))
    job = shell(f"JOB={id}; {get}")
    assert new.end(signal.SIGINT) == 0
    assert '"status":"succeeded"' in job
    assert '"prompt":"a yellow triangle on a purple background"' in job
