"""The layer and the code, put together as Lambda does."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from layers.dependencies.build import SERVICES, build

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
    build(folder, f"{sys.version_info.major}.{sys.version_info.minor}", platform.machine())
    return folder / "python"


def test_the_layer_holds_all_that_the_functions_import_and_call(layer: Path) -> None:
    opened = f"[boto3.client(name) for name in {sorted(SERVICES)}]"
    code = f"import boto3, {', '.join(HANDLERS)}; [{', '.join(f'{each}.handler' for each in HANDLERS)}]; {opened}"
    path = os.pathsep.join([str(layer), str(ROOT)])
    environment = {"PYTHONPATH": path, "AWS_DEFAULT_REGION": "us-east-1", "PYTHONDONTWRITEBYTECODE": "1"}
    # -S: nothing of this environment's own packages
    done = subprocess.run([sys.executable, "-S", "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_function_is_at_most_30_mb(layer: Path) -> None:
    code = [file for folder in ("lambdas", "shared") for file in (ROOT / folder).rglob("*.py")]
    size = sum(file.stat().st_size for file in [*layer.rglob("*"), *code] if file.is_file())
    assert size <= 30_000_000


def test_the_layer_ships_byte_code_for_its_own_python(layer: Path) -> None:
    assert len(list(layer.rglob("*.pyc"))) > 500


def test_a_layer_for_another_python_says_that_starts_take_longer(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    other = "3.13" if sys.version_info.minor != 13 else "3.12"
    build(tmp_path, other, platform.machine())
    assert not list(tmp_path.rglob("*.pyc"))
    assert "twice as long" in capfd.readouterr().err


def test_the_layer_can_be_built_for_another_machine(tmp_path: Path) -> None:
    build(tmp_path, "3.13", "aarch64")
    natives = {file.name for file in tmp_path.rglob("*.so")}
    assert natives
    assert all("313-aarch64" in name for name in natives)


def test_the_functions_and_the_endpoint_pin_the_same_versions() -> None:
    def pins(path: str) -> dict[str, str]:
        lines = (ROOT / path).read_text().splitlines()
        return dict(line.split(" ")[0].split("==") for line in lines if not line.startswith("numpy"))

    development = pins("requirements.txt")
    for path in ("layers/dependencies/requirements.txt", "container/requirements.txt"):
        assert pins(path).items() <= development.items()


def test_the_code_that_is_deployed_is_only_the_functions_own(tmp_path: Path) -> None:
    app = [sys.executable, "app.py"]
    environment = dict(os.environ) | {
        "CDK_OUTDIR": str(tmp_path),
        "CDK_CONTEXT_JSON": '{"aws:cdk:bundling-stacks": []}',
    }
    subprocess.run(app, cwd=ROOT, env=environment, check=True, capture_output=True)
    manifest = json.loads((tmp_path / "GenerateOnCloud-dev.assets.json").read_text())
    folders = [tmp_path / file["source"]["path"] for file in manifest["files"].values()]
    (code,) = [folder for folder in folders if (folder / "lambdas").exists()]
    assert {path.name for path in code.iterdir()} == {"lambdas", "shared"}
    assert not list(code.rglob("__pycache__"))
