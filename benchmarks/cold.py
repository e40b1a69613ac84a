"""A fresh process until it first answers `POST /jobs`, against one that makes the same AWS calls with boto3 alone."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from benchmarks import canned, pairs
from benchmarks.figures import Figure
from benchmarks.functions import Function
from shared.shapes import Endpoint, Model, ModelType, now
from shared.tables.items import Item, to_item
from tests.unit.aws import CREDENTIALS, SETTINGS

PAIRS = 20
# CPython takes memory for its calls in chunks, and gives a chunk back when its first call returns: what is called over
# and over at a chunk's end, as in compiling a pattern, then costs tens of milliseconds. Where such an end falls on
# Lambda nobody knows; so each pair starts some calls deeper than the one before.
DEEPER = 8

FRESH = Path(__file__).parent / "fresh"


def measure(deployed: Function) -> Iterator[Figure]:
    with canned.serving(_known()) as url:
        environment = SETTINGS.to_env() | CREDENTIALS | {"AWS_ENDPOINT_URL": url}
        environment["PYTHONPATH"] = os.pathsep.join(map(str, deployed))
        environment["PYTHONDONTWRITEBYTECODE"] = "1"  # Lambda's folders are read-only
        function, raw = (partial(_seconds, script, environment) for script in ("function", "raw"))
        compared = pairs.compare(function, raw, PAIRS)
    note = f"{compared.ours * 1000:.0f} ms of the processor, raw {compared.theirs * 1000:.0f} ms"
    yield Figure("cold.ratio", compared.ratio, note)


def _known() -> dict[str, Item]:
    """The tables' items that an order names."""
    endpoint = Endpoint(name="goc-dev-one", status="InService", created_at=now(), updated_at=now())
    model = Model(
        type=ModelType.CHECKPOINT, name="tiny", key="models/checkpoint/tiny", size=1, etag="e1", updated_at=now()
    )
    return {
        "endpoints": to_item({"collection": "endpoints"} | endpoint.model_dump(mode="json")),
        "models": to_item({"collection": "models", "id": "checkpoint/tiny"} | model.model_dump(mode="json")),
    }


def _seconds(script: str, environment: Mapping[str, str], pair: int) -> float:
    """Processor seconds, from the start of the process to its answer."""
    # -S: nothing of this environment's own packages
    command = [sys.executable, "-S", str(FRESH / "start.py"), script, str(pair * DEEPER)]
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout.splitlines()[-1])
