"""What commands have in common."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import typer

from goc.client import Client
from goc.settings import connection

ApiOption = Annotated[str | None, typer.Option("--api", metavar="ADDRESS", help="Use the API at this address.")]
KeyOption = Annotated[
    str | None,
    typer.Option("--key", metavar="KEY", help="Use this API key; other users of this machine can see it here."),
]
Json = Annotated[bool, typer.Option("--json", help="Print the API's own JSON, and nothing else.")]
Force = Annotated[bool, typer.Option("--force", help="Even if an unfinished job needs it; that job fails.")]


@dataclass
class Session:
    environ: Mapping[str, str]
    api: str | None = None
    key: str | None = None


def client_of(context: typer.Context) -> Client:
    session: Session = context.obj
    return Client(*connection(session.api, session.key, session.environ))
