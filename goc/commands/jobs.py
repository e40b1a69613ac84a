"""`goc jobs`."""

import sys
from itertools import islice
from pathlib import Path
from typing import Annotated, Literal

import typer

from goc.api import Document, given
from goc.client import Client
from goc.commands.common import Json, client_of
from goc.commands.orders import Deadline, Names, Parameters, read_parameters
from goc.failures import Failure
from goc.printing import Columns, day, print_list, print_one, print_result
from goc.progress import following, state_of
from goc.shapes import Job, JobSummary

COLUMNS: Columns[JobSummary] = {
    "ID": lambda job: job.id,
    "CREATED": lambda job: day(job.created_at),
    "STATUS": lambda job: job.status,
    "PROGRESS": lambda job: f"{job.progress:.0%}",
    "ENDPOINT": lambda job: job.endpoint,
    "CHECKPOINT": lambda job: job.checkpoint,
}
Id = Annotated[str, typer.Argument(metavar="ID")]
Out = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Save the pictures in this folder when they are drawn.")
]
Status = Literal["queued", "running", "succeeded", "failed", "cancelled"]

app = typer.Typer(no_args_is_help=True)


@app.command("submit")
def submit(
    context: typer.Context,
    prompt: Annotated[str, typer.Argument(metavar="PROMPT")],
    endpoint: Annotated[str, typer.Option(help="Draw on this endpoint.")],
    checkpoint: Annotated[str, typer.Option(help="Draw with this checkpoint.")],
    parameters: Parameters = None,
    lora: Names = None,
    textual_inversion: Names = None,
    hypernetwork: Names = None,
    controlnet: Names = None,
    vae: Names = None,
    detector: Names = None,
    deadline: Deadline = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it is done; Ctrl-C cancels it.")] = False,
    out: Out = None,
    json: Json = False,
) -> None:
    """Order pictures and print the job's id; with --wait or --out, wait and show the result."""
    named = {
        "lora": lora,
        "textual_inversion": textual_inversion,
        "hypernetwork": hypernetwork,
        "controlnet": controlnet,
        "vae": vae,
        "detector": detector,
    }
    further = given({"extra_networks": given(named) or None, "deadline_seconds": deadline})
    with client_of(context) as client:
        job = client.order(endpoint, checkpoint, read_parameters(parameters) | {"prompt": prompt}, **further)
        if wait or out:
            _end(client, _awaited_or_cancelled(client, job), out, json)
            return
    _warn(job)
    print_result(job, json, job.id)


@app.command("list")
def list_jobs(
    context: typer.Context,
    status: Annotated[Status | None, typer.Option(help="Only jobs in this state.")] = None,
    task: Annotated[Literal["txt2img", "img2img"] | None, typer.Option(help="Only jobs of this task.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="List at most this many.")] = 50,
    json: Json = False,
) -> None:
    """List your jobs, newest first."""
    with client_of(context) as client:
        print_list(islice(client.jobs(status, task), limit), COLUMNS, json)


@app.command("show")
def show_job(context: typer.Context, id: Id, json: Json = False) -> None:
    """Show a job's state and progress; --json adds its parameters and its pictures' seeds."""
    with client_of(context) as client:
        job = client.job(id)
    print_one(job, json, _shown(job))


@app.command("wait")
def wait_for_job(context: typer.Context, id: Id, out: Out = None, json: Json = False) -> None:
    """Wait until a job is done, however it ends; Ctrl-C stops waiting and leaves the job running."""
    with client_of(context) as client:
        _end(client, _awaited(client, id), out, json)


@app.command("cancel")
def cancel_job(context: typer.Context, id: Id, json: Json = False) -> None:
    """Cancel a job; the pictures it has drawn by then are kept."""
    with client_of(context) as client:
        job = client.cancel(id)
    print_result(job, json, f"The job {job.id} is {job.status}.")


@app.command("download")
def download(
    context: typer.Context,
    id: Id,
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Save in this folder; by default in the current one.")
    ] = Path(),
    json: Json = False,
) -> None:
    """Save a job's pictures and print their paths."""
    with client_of(context) as client:
        job = client.job(id)
        if not job.images:
            raise Failure(f"The job {job.id} has no pictures: it is {job.status}.")
        _save(client, job, out, json)


@app.command("delete")
def delete_job(context: typer.Context, id: Id, json: Json = False) -> None:
    """Delete a finished job and its pictures."""
    with client_of(context) as client:
        client.delete_job(id)
    if not json:
        print(f"The job {id} is deleted.")


def _awaited_or_cancelled(client: Client, job: Job) -> Job:
    try:
        return _awaited(client, job.id)
    except KeyboardInterrupt:
        client.cancel(job.id)
        print(f"Stopped: the job {job.id} is cancelled.", file=sys.stderr)
        raise


def _awaited(client: Client, id: str) -> Job:
    with following() as show:
        return client.wait(id, lambda job: show(*state_of(job)))


def _end(client: Client, job: Job, out: Path | None, json: bool) -> None:
    """Show the result. Raises Failure unless the job succeeded."""
    _warn(job)
    if out:
        _save(client, job, out, json)
    else:
        print_result(job, json, f"The job {job.id} {_ended(job)}")
    if job.status != "succeeded":
        raise Failure(f"The job {job.id} failed: {job.error}" if job.error else f"The job {job.id} was cancelled.")


def _save(client: Client, job: Job, folder: Path, json: bool) -> None:
    files = client.save(job, folder)
    print_result(job, json, "\n".join(map(str, files)))


def _warn(job: Job) -> None:
    for warning in job.warnings:
        print(warning, file=sys.stderr)


def _ended(job: Job) -> str:
    count = len(job.images)
    pictures = f", with {count} picture{'s' if count != 1 else ''}: goc jobs download {job.id}" if count else "."
    return f"{'was ' if job.status == 'cancelled' else ''}{job.status}{pictures}"


def _shown(job: Job) -> Document:
    """The job's fields without links, and of the parameters only the prompt."""
    parameters = job.document.get("parameters", {})
    files = [each.file for each in [*job.images, *job.extra_images]]
    left_out = ("parameters", "extra_networks", "images", "extra_images", "preview", "preview_url")
    fields = {field: value for field, value in job.document.items() if field not in left_out}
    return fields | {"prompt": parameters.get("prompt"), "pictures": ", ".join(files)}
