"""The image, as far as it can be tested without a container engine: what its Dockerfile installs and runs, in an
environment that holds nothing else and reaches no network."""

import json
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import httpx
import pytest

from local.sagemaker.processes import free_port
from tests.stack import ROOT
from tests.waiting import eventually

DOCKERFILE = (ROOT / "container/Dockerfile").read_text()
CUT_OFF = """
import sys

def refuse(event, arguments):
    if event == "socket.getaddrinfo" or event == "socket.connect" and arguments[1][0] != "127.0.0.1":
        raise OSError(f"the network was reached for: {arguments}")

sys.addaudithook(refuse)
"""
DRAW = """
from pathlib import Path
from container.infotext import Named
from container.pipeline import Materials, Pipeline
from shared.parameters import Txt2ImgParameters
import sys, torch

torch.set_num_threads(1)
pipeline = Pipeline.load(Path(sys.argv[1]), Named("tiny", ""))
asked = Txt2ImgParameters(prompt="a cat", seed=1, subseed=1, steps=2, width=64, height=64)
(drawn,) = pipeline.draw(asked, Materials(), lambda *_: None)
print(drawn.drawings[0].image.size)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the Dockerfile copies and installs; torch, the same in both, is linked from this environment."""
    folder = tmp_path_factory.mktemp("image")
    for part in re.findall(r"^COPY (\S+) \1$", DOCKERFILE, re.MULTILINE):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("demo", "__pycache__"))
    run = [sys.executable, "-m", "uv", "--quiet"]
    subprocess.run([*run, "venv", "--python", sys.executable, str(folder / "venv")], check=True)
    install = ["pip", "install", "--python", str(folder / "venv/bin/python"), "--no-deps", "--requirement"]
    subprocess.run([*run, *install, str(ROOT / "container/requirements.txt")], check=True)
    (packages,) = (folder / "venv/lib").glob("python*/site-packages")
    _link("torch", packages)
    (packages / "cut_off.py").write_text(CUT_OFF)
    (packages / "cut_off.pth").write_text("import cut_off\n")  # Debian's Python has a sitecustomize of its own
    return folder


def _link(package: str, packages: Path) -> None:
    """Link the package and what it requires, unless already there."""
    try:
        found = distribution(package)
    except PackageNotFoundError:  # of another platform
        return
    for part in {file.parts[0] for file in found.files or () if file.parts[0] != ".."}:
        if not (packages / part).exists():
            (packages / part).symlink_to(Path(sysconfig.get_path("purelib"), part))
    for requirement in found.requires or ():
        if "extra ==" not in requirement and not list(packages.glob(f"{_normal(requirement)}-*.dist-info")):
            _link(_normal(requirement), packages)


def _normal(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9_.-]", requirement)[0].replace("-", "_")


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The image's environment variables, and none of this process's."""
    settings = " ".join(re.findall(r"^ENV (.*)$", DOCKERFILE, re.MULTILINE))
    own = dict(each.split("=") for each in settings.split())
    return own | {"PATH": f"{folder}/venv/bin:/usr/bin:/bin", "HOME": str(folder), "OMP_WAIT_POLICY": "PASSIVE"} | more


def test_a_picture_is_drawn_by_what_the_image_holds_with_the_network_cut_off(folder: Path, checkpoint: Path) -> None:
    drawn = subprocess.run(
        ["python", "-c", DRAW, str(checkpoint)],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert drawn.stdout == "(64, 64)\n", drawn.stderr


def test_the_network_is_cut_off(folder: Path) -> None:
    reach = "import socket; socket.create_connection(('192.0.2.1', 80))"
    tried = subprocess.run(
        ["python", "-c", reach], env=environment(folder), capture_output=True, text=True, check=False
    )
    assert "the network was reached for" in tried.stderr


@contextmanager
def started(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The entry point, with the argument that SageMaker appends."""
    (command,) = re.findall(r"^ENTRYPOINT (.*)$", DOCKERFILE, re.MULTILINE)
    settings = {
        "HOST": "127.0.0.1",
        "SAGEMAKER_BIND_TO_PORT": str(port),
        "MODELS_FOLDER": str(folder / "models"),
        "BUCKET": "bucket",
        "JOBS_TABLE": "jobs",
        "MODELS_TABLE": "models",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    process = subprocess.Popen([*json.loads(command), "serve"], cwd=folder, env=environment(folder, **settings))
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_the_entry_point_answers_pings_and_goes_when_it_is_told(folder: Path) -> None:
    port = free_port()

    def pings() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/ping").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    with started(folder, port) as process:
        eventually(pings, seconds=60)
        process.terminate()
        assert process.wait(timeout=20) in (0, -15)


def test_the_image_listens_to_calls_from_outside_of_it(folder: Path) -> None:
    assert environment(folder)["HOST"] == "0.0.0.0"  # noqa: S104


def test_models_lie_on_the_instances_own_disk(folder: Path) -> None:
    assert Path("/tmp") in Path(environment(folder)["MODELS_FOLDER"]).parents  # noqa: S108 - where SageMaker mounts it


def test_the_image_asks_nvidias_runtime_for_the_gpu(folder: Path) -> None:
    asked = environment(folder)
    assert (asked["NVIDIA_VISIBLE_DEVICES"], asked["NVIDIA_DRIVER_CAPABILITIES"]) == ("all", "compute,utility")


def test_an_instance_whose_gpu_is_not_found_says_so_and_does_not_come_up(folder: Path) -> None:
    refused = subprocess.run(
        ["python", "-m", "container.server", "serve"],
        cwd=folder,
        env=environment(folder, GPU="1", CUDA_VISIBLE_DEVICES=""),
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 1
    assert "The instance has a GPU that CUDA does not find" in refused.stderr


def test_the_image_has_the_python_that_the_tests_run_with() -> None:
    (found,) = re.findall(r"^FROM \S+/python:(\d+\.\d+)\.\d+-slim$", DOCKERFILE, re.MULTILINE)
    assert f'requires-python = ">={found}"' in (ROOT / "pyproject.toml").read_text()
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    if running != found:
        pytest.skip(f"they run with {running}, and the image has the least that will do, {found}")


def test_torch_is_the_same_in_the_image_as_in_the_tests_and_so_is_what_it_shares() -> None:
    (torch,) = (ROOT / "container/torch.txt").read_text().split()
    cuda = (ROOT / "container/torch-cuda.txt").read_text().splitlines()
    assert torch in cuda
    shared = {line.split(" ;")[0] for line in (ROOT / "container/requirements.txt").read_text().splitlines()}
    names = {line.partition("==")[0] for line in shared}
    assert {line for line in cuda if line.partition("==")[0] in names} <= shared
