"""The commands: each does its work by the library, and prints what came of it."""

import json
import sys
from argparse import Namespace
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from goc.arguments import parser
from goc.client import Client
from goc.failures import Broken, Failure
from goc.progress import Line, UploadProgress, amount
from goc.shapes import Job
from goc.uploads import upload

INTERRUPTED = 130  # as shells have it, 128 and SIGINT's number
KEPT = "Every part that has arrived is kept: the same command goes on from there."
NEWEST = 50


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """The exit status. `environ` has GOC_API, GOC_KEY and the sources' tokens."""
    given = parser(environ).parse_args(arguments, Namespace(environ=environ))
    try:
        if not (given.api and given.key):
            raise Failure("The API's address and a key are needed: set GOC_API and GOC_KEY, or give --api and --key.")
        with Client(given.api, given.key.strip()) as client:
            COMMANDS[given.command](client, given)
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def models_upload(client: Client, given: Namespace) -> None:
    try:
        with Line(sys.stderr) as line:
            model = upload(
                client,
                given.source,
                given.type,
                given.name,
                replace=given.replace,
                sha256=given.sha256,
                progress=UploadProgress(line),
                environ=given.environ,
            )
    except Broken as broken:
        raise Failure(f"{broken} {KEPT}") from broken
    except KeyboardInterrupt:
        print(f"Stopped. {KEPT}", file=sys.stderr)
        raise
    print(f"{model.type} {model.name} is ready.")


def models_list(client: Client, given: Namespace) -> None:
    models = client.models(given.type, given.base, given.name)
    _print_table((each.type, each.name, each.base or "", amount(each.size), each.state) for each in models)


def models_delete(client: Client, given: Namespace) -> None:
    client.delete_model(given.type, given.name, given.force)
    print(f"{given.type} {given.name} is deleted.")


def endpoints(client: Client, _: Namespace) -> None:
    _print_table((each.name, each.status, each.reason or "") for each in client.endpoints())


def jobs_list(client: Client, _: Namespace) -> None:
    jobs = islice(client.jobs(), NEWEST)
    _print_table(
        (each.id, f"{each.created_at:%Y-%m-%d %H:%M}", each.status, each.endpoint, each.checkpoint) for each in jobs
    )


def draw(client: Client, given: Namespace) -> None:
    parameters = _parameters(given.parameters) | {"prompt": given.prompt}
    job = client.order(given.endpoint, given.checkpoint, parameters)
    try:
        with Line(sys.stderr) as line:
            job = client.wait(
                job.id, lambda job: line.show(f"{job.status} {job.progress:.0%}", job.progress, job.status)
            )
    except KeyboardInterrupt:
        client.cancel(job.id)
        print(f"Stopped: the job {job.id} is cancelled.", file=sys.stderr)
        raise
    _finish(client, job, given.out)


def _finish(client: Client, job: Job, folder: Path) -> None:
    for warning in job.warnings:
        print(warning, file=sys.stderr)
    for picture in client.save(job, folder):
        print(picture)
    if job.status != "succeeded":
        raise Failure(f"The job {job.id} {job.status}: {job.error or 'it was cancelled meanwhile'}")


def _parameters(file: Path | None) -> dict[str, Any]:
    if not file:
        return {}
    try:
        parameters = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise Failure(f"{file} can't be read as JSON: {error}") from error
    if not isinstance(parameters, dict):
        raise Failure(f"{file} has to be a JSON object, the body that the WebUI's txt2img takes.")
    return parameters


def _print_table(rows: Iterable[tuple[str, ...]]) -> None:
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


COMMANDS = {
    "models upload": models_upload,
    "models list": models_list,
    "models delete": models_delete,
    "endpoints": endpoints,
    "jobs list": jobs_list,
    "draw": draw,
}
