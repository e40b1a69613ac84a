"""What an order is put together of."""

import json
from pathlib import Path
from typing import Annotated

import typer

from goc.api import Document
from goc.failures import Failure

Parameters = Annotated[Path | None, typer.Option(metavar="FILE.json", help="The body that the WebUI's txt2img takes.")]
Names = Annotated[list[str] | None, typer.Option(metavar="NAME", help="A model beside; any number of times.")]
Deadline = Annotated[int | None, typer.Option(metavar="SECONDS", help="It fails if it is not drawn by then.")]


def read_parameters(file: Path | None) -> Document:
    """Raises Failure naming the file, where that is no JSON object."""
    if not file:
        return {}
    try:
        parameters = json.loads(file.read_text())
    except OSError as error:
        raise Failure(f"{file} can't be read: {error.strerror}.") from error
    except ValueError as error:
        raise Failure(f"{file} can't be read as JSON: {error}") from error
    if not isinstance(parameters, dict):
        raise Failure(f"{file} has to be a JSON object, the body that the WebUI's txt2img takes.")
    return parameters
