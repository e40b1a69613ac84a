"""`goc endpoints`."""

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.prompt import Confirm
from rich.text import Text

from goc.client import Client
from goc.commands.common import Force, Json, client_of
from goc.failures import Failure
from goc.printing import Columns, day, print_list, print_one, print_result
from goc.progress import following
from goc.shapes import Endpoint

COLUMNS: Columns[Endpoint] = {
    "NAME": lambda endpoint: endpoint.name,
    "STATUS": lambda endpoint: endpoint.status,
    "INSTANCES": lambda endpoint: endpoint.instances,
    "MIN": lambda endpoint: endpoint.min_instances,
    "MAX": lambda endpoint: endpoint.max_instances,
    "TYPE": lambda endpoint: endpoint.instance_type,
    "USD/H": lambda endpoint: endpoint.hourly_usd,
    "CREATED": lambda endpoint: day(endpoint.created_at),
    "REASON": lambda endpoint: endpoint.reason,
}
Name = Annotated[str, typer.Argument(metavar="NAME")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until it is done.")]

app = typer.Typer(no_args_is_help=True)


@app.command("create")
def create(
    context: typer.Context,
    instance_type: Annotated[
        str, typer.Option(metavar="TYPE", help="Run instances of this type, such as ml.g5.xlarge.")
    ],
    name: Annotated[str | None, typer.Option(help="Give it this name; by default one is generated.")] = None,
    min: Annotated[int, typer.Option(help="Keep at least this many instances; 0 costs nothing while idle.")] = 0,
    max: Annotated[int, typer.Option(help="Grow to at most this many instances.")] = 1,
    backlog: Annotated[int, typer.Option(help="Add an instance when more jobs than this wait for each.")] = 5,
    image: Annotated[str | None, typer.Option(metavar="URI", help="Your own container image, by its ECR URI.")] = None,
    wait: Wait = False,
    json: Json = False,
) -> None:
    """Create an endpoint and print its name; with --wait, once it takes jobs."""
    with client_of(context) as client:
        endpoint = client.create_endpoint(
            instance_type, name, min_instances=min, max_instances=max, backlog_per_instance=backlog, image=image
        )
        print(_costs(endpoint), file=sys.stderr)
        if wait:
            endpoint = _settled(client, endpoint, "InService")
    print_result(endpoint, json, endpoint.name)


def _costs(endpoint: Endpoint) -> str:
    price = "is not known here" if endpoint.hourly_usd is None else f"is {endpoint.hourly_usd:g} USD an hour"
    instances = f"{endpoint.min_instances} to {endpoint.max_instances} of {endpoint.instance_type}"
    return f"{endpoint.name} runs {instances}; the price of each {price}."


@app.command("list")
def list_endpoints(
    context: typer.Context,
    status: Annotated[str | None, typer.Option(help="Only endpoints in this state, such as InService.")] = None,
    json: Json = False,
) -> None:
    """List endpoints, newest first."""
    with client_of(context) as client:
        print_list(client.endpoints(status), COLUMNS, json)


@app.command("show")
def show(context: typer.Context, name: Name, json: Json = False) -> None:
    """Show an endpoint with its backlog and today's jobs."""
    with client_of(context) as client:
        print_one(client.endpoint(name), json)


@app.command("rescale")
def rescale(
    context: typer.Context,
    name: Name,
    min: Annotated[int | None, typer.Option(help="Keep at least this many instances.")] = None,
    max: Annotated[int | None, typer.Option(help="Grow to at most this many instances.")] = None,
    backlog: Annotated[int | None, typer.Option(help="Add an instance when more jobs than this wait for each.")] = None,
    json: Json = False,
) -> None:
    """Change an endpoint's scaling; what is not given stays."""
    if min is None and max is None and backlog is None:
        raise Failure("Nothing is to be changed: give --min, --max or --backlog.")
    with client_of(context) as client:
        endpoint = client.rescale_endpoint(name, min_instances=min, max_instances=max, backlog_per_instance=backlog)
    print_one(endpoint, json)


@app.command("delete")
def delete(
    context: typer.Context,
    name: Name,
    force: Force = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    wait: Wait = False,
    json: Json = False,
) -> None:
    """Delete an endpoint and everything made for it; asks first on a terminal."""
    if sys.stdin.isatty() and not yes and not _agreed(f"Delete the endpoint {name}?"):
        raise Failure("Nothing was deleted.")
    with client_of(context) as client:
        endpoint = client.delete_endpoint(name, force)
        if wait:
            endpoint = _settled(client, endpoint, "Deleted")
    print_result(endpoint, json, f"{endpoint.name} is {'deleted' if wait else 'being deleted'}.")


def _agreed(question: str) -> bool:
    return Confirm.ask(Text(question), console=Console(stderr=True), default=False)


def _settled(client: Client, endpoint: Endpoint, wanted: str) -> Endpoint:
    with following() as show:
        now = client.wait_for_endpoint(endpoint.name, lambda now: show(now.status, None))
    if now.status != wanted:
        raise Failure(f"{now.name} is {now.status}: {now.reason or 'there is no reason given'}")
    return now
