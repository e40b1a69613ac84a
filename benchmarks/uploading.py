"""The upload of a large file by `goc`, against `aws s3 cp` of the same file, to a local cloud of its own.

    python -m benchmarks.uploading

It takes the `aws` on PATH, which is not part of the project's environment: `pip install awscli` in another one. The
local AWS keeps what it is sent in memory, and twice a file's size while it puts the parts together.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

from benchmarks import headers, pairs
from benchmarks.figures import HEADER, Figure
from goc.client import Client
from local.cloud import Cloud, running
from local.place import Place
from tests.e2e.ports import free_ports
from tests.model_files import LORA

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

SIZE = 2_000_000_000
PAIRS = 3
WIDTH = 768
BLOCK = 2**24
LOOK_SECONDS = 0.1


def write_lora(path: Path) -> None:
    """Write a file that passes the check: random bytes after a valid header."""
    beginning = headers.beginning({name: [SIZE // 2 // WIDTH, WIDTH] for name in LORA})
    with path.open("wb") as file:
        file.write(beginning.content)
        for start in range(0, beginning.left, BLOCK):
            file.write(os.urandom(min(BLOCK, beginning.left - start)))


def measure(file: Path, aws: str, cloud: Cloud) -> Figure:
    """In wall-clock seconds: most of them are spent waiting for the local AWS, which has one thread."""
    goc = [str(Path(sys.executable).parent / "goc"), "--api", cloud.api, "--key", cloud.key]
    bucket, s3 = cloud.deployment.bucket, boto3.client("s3")
    whole: list[float] = []
    with Client(cloud.api, cloud.key) as client:
        compared = pairs.compare(
            _timed(
                [*goc, "models", "upload", str(file), "--type", "lora"],
                partial(_there, s3, bucket, f"models/lora/{file.name}"),
                partial(client.delete_model, "lora", file.stem),
                whole,
            ),
            _timed(
                [aws, "s3", "cp", str(file), f"s3://{bucket}/{file.name}", "--endpoint-url", s3.meta.endpoint_url],
                partial(_there, s3, bucket, file.name),
                partial(s3.delete_object, Bucket=bucket, Key=file.name),
                [],
            ),
            PAIRS,
        )
    note = (
        f"{file.stat().st_size / 1e9:.1f} GB there after: goc {compared.ours:.1f} s, "
        f"aws s3 cp {compared.theirs:.1f} s; goc until it is checked: {median(whole):.1f} s"
    )
    return Figure("upload.ratio", 1 / compared.ratio, note)


def _timed(
    command: Sequence[str], there: Callable[[], bool], undo: Callable[[], object], whole: list[float]
) -> pairs.Timed:
    """Seconds until the file is in the bucket; how long the command takes is appended to `whole`."""

    def seconds(_pair: int) -> float:
        start = time.monotonic()
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not there():
            if running.poll():
                raise SystemExit(f"{command[0]} failed with status {running.returncode}.")
            time.sleep(LOOK_SECONDS)
        arrived = time.monotonic() - start
        if running.wait():
            raise SystemExit(f"{command[0]} failed with status {running.returncode}.")
        whole.append(time.monotonic() - start)
        undo()
        return arrived

    return seconds


def _there(s3: "S3Client", bucket: str, key: str) -> bool:
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError:
        return False
    return True


def main() -> None:
    aws = shutil.which("aws")
    if not aws:
        raise SystemExit(
            "There is no `aws` on PATH: nothing was measured. `pip install awscli` in another environment."
        )
    environ = os.environ  # noqa: TID251 - here a process starts
    with TemporaryDirectory() as folder:
        place = Place(Path(folder, "cloud"), free_ports())
        environment = place.environment(environ)
        environ.clear()
        environ.update(environment)  # whatever this process or its children call is this place
        file = Path(folder, "large.safetensors")
        write_lora(file)
        with running(place, environment, say=print) as cloud:
            figure = measure(file, aws, cloud)
    print(f"{HEADER}\n{figure.row()}")


if __name__ == "__main__":
    main()
