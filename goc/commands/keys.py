"""`goc keys`: keys belong to the AWS account, so these commands need its credentials, and no key."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from goc.commands.common import Json
from goc.failures import Failure
from goc.printing import print_json, print_rows

if TYPE_CHECKING:
    from goc.keys import Keys

Stage = Annotated[str, typer.Option(help="Use the deployment of this stage.")]

app = typer.Typer(no_args_is_help=True)


@app.command("create")
def create_key(name: Annotated[str, typer.Argument(metavar="NAME")], stage: Stage = "dev", json: Json = False) -> None:
    """Create a key for a person and print it; it is not shown again."""
    with _of(stage) as keys:
        value = keys.issue(name)
    if json:
        print_json({"name": name, "key": value})
    else:
        print(value)
    print("Keep it now: it is not shown again.", file=sys.stderr)  # on stderr, so that stdout is the key alone


@app.command("list")
def list_keys(stage: Stage = "dev", json: Json = False) -> None:
    """List the keys by name, id and age; the keys themselves are never shown."""
    with _of(stage) as keys:
        found = keys.all()
    if json:
        print_json([key._asdict() for key in found])
    else:
        rows = ([key.name, key.id, key.created, "enabled" if key.enabled else "disabled"] for key in found)
        print_rows(["NAME", "ID", "CREATED", "STATE"], rows)


@app.command("revoke")
def revoke_key(
    name_or_id: Annotated[str, typer.Argument(metavar="NAME_OR_ID")], stage: Stage = "dev", json: Json = False
) -> None:
    """Delete the key with this id, or all keys of this name."""
    with _of(stage) as keys:
        ids = keys.revoke(name_or_id)
    if json:
        print_json({"deleted": ids})
        return
    for id in ids:
        print(f"{id} is deleted; within seconds nothing takes it.")


@contextmanager
def _of(stage: str) -> Iterator["Keys"]:
    """The deployment's keys; whatever AWS refuses is raised as Failure."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

    from goc.keys import Keys, stack_outputs  # only now: no other command needs AWS's library

    try:
        yield Keys(stack_outputs(stage)["UsagePlan"])
    except (NoCredentialsError, NoRegionError) as error:
        raise Failure(f"{error} Keys are AWS's: set AWS_PROFILE, or AWS_DEFAULT_REGION and credentials.") from error
    except (BotoCoreError, ClientError) as error:
        raise Failure(str(error)) from error
