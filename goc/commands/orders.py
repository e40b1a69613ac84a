"""What an order is put together from."""

import json
from pathlib import Path
from typing import Annotated

import typer

from goc.api import Document
from goc.failures import Failure

Parameters = Annotated[
    Path | None,
    typer.Option(metavar="FILE.json", help="Read the parameters from this file: the body of the WebUI's txt2img."),
]
Names = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="Use this model too; can be given several times.")
]
Deadline = Annotated[
    int | None, typer.Option(metavar="SECONDS", help="Fail the job if it is not drawn within this time.")
]


def read_parameters(file: Path | None) -> Document:
    """Raises Failure, naming the file, if that is no JSON object."""
    if not file:
        return {}
    try:
        parameters = json.loads(file.read_bytes())  # whichever UTF it is in
    except OSError as error:
        raise Failure(f"{file} can't be read: {error.strerror}.") from error
    except ValueError as error:
        raise Failure(f"{file} can't be read as JSON: {error}") from error
    if not isinstance(parameters, dict):
        raise Failure(f"{file} has to be a JSON object, the body that the WebUI's txt2img takes.")
    return parameters
