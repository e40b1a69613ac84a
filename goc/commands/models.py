"""`goc models`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from goc.commands.common import Force, Json, Session, client_of
from goc.failures import Broken, Failure
from goc.printing import Columns, day, print_list, print_one, print_result, size
from goc.progress import uploading
from goc.shapes import Model, ModelType
from goc.uploads import upload

KEPT = "Every part that has arrived is kept: the same command goes on from there."
COLUMNS: Columns[Model] = {
    "TYPE": lambda model: model.type,
    "NAME": lambda model: model.name,
    "BASE": lambda model: model.base,
    "SIZE": lambda model: size(model.size),
    "STATE": lambda model: model.state,
    "SINCE": lambda model: day(model.updated_at),
    "LAST USED": lambda model: day(model.last_used_at),
}
Type = Annotated[
    ModelType, typer.Argument(metavar="TYPE", help="One of the types that `goc models upload --help` lists.")
]
Name = Annotated[str, typer.Argument(metavar="NAME")]

app = typer.Typer(no_args_is_help=True)


@app.command("upload")
def upload_model(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="FILE_OR_ADDRESS")],
    type: Annotated[ModelType, typer.Option(help="Upload it as a model of this type.")],
    name: Annotated[str | None, typer.Option(help="Give it this name; by default the file's own.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace the model of this name.")] = False,
    sha256: Annotated[
        str | None, typer.Option(metavar="DIGITS", help="Refuse the file if its SHA-256 is another.")
    ] = None,
    json: Json = False,
) -> None:
    """Upload a model from a file or an https address; the same command resumes a broken upload."""
    session: Session = context.obj
    with client_of(context) as client, _kept(), uploading() as progress:
        model = upload(
            client, source, type, name, replace=replace, sha256=sha256, progress=progress, environ=session.environ
        )
    print_result(model, json, f"{model.type} {model.name} is ready.")


@contextmanager
def _kept() -> Iterator[None]:
    """Say what is kept of an upload that breaks off."""
    try:
        yield
    except Broken as broken:
        raise Failure(f"{broken} {KEPT}") from broken
    except KeyboardInterrupt:
        print(f"Stopped. {KEPT}", file=sys.stderr)
        raise


@app.command("list")
def list_models(
    context: typer.Context,
    type: Annotated[ModelType | None, typer.Option(help="Only models of this type.")] = None,
    base: Annotated[str | None, typer.Option(help="Only models of this base, such as SDXL.")] = None,
    name: Annotated[str | None, typer.Option(help="Only models whose names begin with this.")] = None,
    json: Json = False,
) -> None:
    """List models by type and name."""
    with client_of(context) as client:
        print_list(client.models(type, base, name), COLUMNS, json)


@app.command("show")
def show_model(context: typer.Context, type: Type, name: Name, json: Json = False) -> None:
    """Show everything known about a model."""
    with client_of(context) as client:
        print_one(client.model(type, name), json)


@app.command("delete")
def delete_model(context: typer.Context, type: Type, name: Name, force: Force = False, json: Json = False) -> None:
    """Delete a model, or discard its unfinished upload."""
    with client_of(context) as client:
        client.delete_model(type, name, force)
    if not json:
        print(f"{type} {name} is deleted.")
