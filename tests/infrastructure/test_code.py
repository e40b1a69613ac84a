"""The layer and the code, put together as Lambda puts them together."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from infrastructure import code
from infrastructure.config import Config
from layers import bytecode
from layers.dependencies.build import SERVICES, build
from tests.stack import properties, synthesize

ROOT = Path(__file__).parent.parent.parent
HANDLERS = [
    "lambdas.service.routes",
    "lambdas.endpoints.routes",
    "lambdas.endpoints.changed",
    "lambdas.endpoints.reconciler",
    "lambdas.endpoints.deployed",
    "lambdas.models.routes",
    "lambdas.models.changed",
    "lambdas.models.reconciler",
    "lambdas.uploads.routes",
    "lambdas.jobs.routes",
    "lambdas.jobs.completed",
    "lambdas.jobs.sweeper",
]


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("layer")
    build(folder, bytecode.OWN, platform.machine())
    return folder / "python"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("code")
    code.copy(folder, bytecode.OWN)
    return folder


def test_the_layer_holds_all_that_the_functions_import_and_call(layer: Path, own: Path) -> None:
    opened = f"[boto3.client(name) for name in {sorted(SERVICES)}]"
    started = f"import boto3, {', '.join(HANDLERS)}; [{', '.join(f'{each}.handler' for each in HANDLERS)}]; {opened}"
    path = os.pathsep.join(map(str, (layer, own)))
    environment = {"PYTHONPATH": path, "AWS_DEFAULT_REGION": "us-east-1", "PYTHONDONTWRITEBYTECODE": "1"}
    # -S: nothing of this environment's own packages
    done = subprocess.run([sys.executable, "-S", "-c", started], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_function_is_at_most_30_mb(layer: Path, own: Path) -> None:
    files = [file for folder in (layer, own) for file in folder.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) <= 30_000_000


def test_the_layer_ships_byte_code_for_its_own_python(layer: Path) -> None:
    assert len(list(layer.rglob("*.pyc"))) > 500


def test_a_layer_for_another_python_says_that_starts_take_longer(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    other = "3.13" if sys.version_info.minor != 13 else "3.12"
    build(tmp_path, other, platform.machine())
    assert not list(tmp_path.rglob("*.pyc"))
    assert "twice as long" in capfd.readouterr().err


def test_the_layer_can_be_built_for_the_machine_that_functions_run_on(tmp_path: Path) -> None:
    functions = Config()
    build(tmp_path, functions.python, functions.architecture)
    natives = {file.name for file in tmp_path.rglob("*.so")}
    assert natives
    assert all(f"{functions.python.replace('.', '')}-{functions.architecture}" in name for name in natives)


def test_the_functions_and_the_endpoint_pin_the_same_versions() -> None:
    def pins(path: str) -> dict[str, str]:
        lines = (ROOT / path).read_text().splitlines()
        return dict(line.split(" ")[0].split("==") for line in lines if not line.startswith("numpy"))

    development = pins("requirements.txt")
    for path in ("layers/dependencies/requirements.txt", "container/requirements.txt"):
        assert pins(path).items() <= development.items()


def test_the_code_that_is_deployed_is_only_the_functions_own_each_module_with_its_byte_code(own: Path) -> None:
    assert {path.name for path in own.iterdir()} == {"lambdas", "shared"}
    modules, compiled = ({path.name.split(".")[0] for path in own.rglob(kind)} for kind in ("*.py", "*.pyc"))
    assert modules == compiled
    assert len(list(own.rglob("*.py"))) == len(list(own.rglob("*.pyc")))


def test_code_for_another_python_has_no_byte_code(tmp_path: Path) -> None:
    code.copy(tmp_path, "2.7")
    assert list(tmp_path.rglob("*.py"))
    assert not list(tmp_path.rglob("*.pyc"))


def test_byte_code_comes_with_the_right_python_even_where_all_else_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def assets() -> set[str]:
        functions = properties(synthesize(python="3.13"), "AWS::Lambda::Function").values()
        return {function["Code"]["S3Key"] for function in functions if function["Handler"].startswith("lambdas.")}

    monkeypatch.setattr(bytecode, "OWN", "3.12")
    without = assets()
    monkeypatch.setattr(bytecode, "OWN", "3.13")
    assert not without & assets()
