"""The container's figures: those of `benchmarks.endpoint`, which runs in another process than the AWS it is given."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import canned
from benchmarks.figures import Figure
from tests.stack import ROOT
from tests.unit.aws import CREDENTIALS

ENVIRONMENT = {"PYTHONPATH": str(ROOT), "TRANSFORMERS_VERBOSITY": "error", "OMP_WAIT_POLICY": "PASSIVE"}


def measure() -> Iterator[Figure]:
    with TemporaryDirectory() as folder:
        tiny = _random_weights("tiny", folder)
        with canned.serving(canned.job(), tiny) as url:
            yield from _figures("benchmarks.endpoint", tiny, CREDENTIALS | {"AWS_ENDPOINT_URL": url})
        yield from _figures("benchmarks.endpoint.full_size", _random_weights("stable_diffusion_1", folder), {})


def _random_weights(architecture: str, folder: str) -> Path:
    path = Path(folder, f"{architecture}.safetensors")
    subprocess.run([sys.executable, "-m", "container.random_weights", architecture, path], env=ENVIRONMENT, check=True)
    return path


def _figures(module: str, weights: Path, environment: Mapping[str, str]) -> Iterator[Figure]:
    """The figures that a module prints, as they come."""
    command = [sys.executable, "-m", module, str(weights)]
    with subprocess.Popen(command, env={**ENVIRONMENT, **environment}, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            yield Figure.from_line(line)
    if process.returncode:
        raise SystemExit(f"{module} failed")
