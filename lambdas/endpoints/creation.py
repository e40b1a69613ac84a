"""How an endpoint is ordered."""

from secrets import token_hex

from lambdas.endpoints import guard, life
from lambdas.endpoints.requests import MOST_NAME, CreateEndpoint
from shared.cloud import Cloud
from shared.errors import Conflict, Invalid, Refusal
from shared.settings import endpoint_settings
from shared.shapes import now
from shared.tables.endpoints import StoredEndpoint


def create(request: CreateEndpoint, cloud: Cloud) -> StoredEndpoint:
    """Begin to create it. Raises Conflict or Invalid; then nothing of it is left, neither here nor on AWS.

    The record comes first: whatever stops this half-way, the reconciler finds it and goes on.
    """
    endpoint = _wanted(request)
    seen = cloud.endpoints.get(endpoint.name)
    if seen and not seen.gone:
        raise _taken(seen)
    if seen and any(cloud.jobs.unfinished(seen.name)):
        detail = f"Jobs of the {seen.name!r} that is gone are still being settled: in a minute the name is free."
        raise Conflict.about("name", detail)
    if not guard.reserve(endpoint, seen, cloud):
        raise _taken(endpoint)
    try:
        return life.advance(endpoint.name, cloud) or endpoint
    except Refusal as refusal:
        _undo(endpoint.name, refusal, cloud)
        raise


def _wanted(request: CreateEndpoint) -> StoredEndpoint:
    moment = now()
    fields = request.model_dump() | {"name": full_name(request.name or token_hex(4))}
    return StoredEndpoint(**fields, status="Creating", created_at=moment, updated_at=moment)


def full_name(name: str) -> str:
    """The name with this deployment's prefix. Raises Invalid if that makes it too long."""
    prefix = endpoint_settings().endpoint_prefix
    full = name if name.startswith(prefix) else prefix + name
    if len(full) > MOST_NAME:
        most = MOST_NAME - len(prefix)
        raise Invalid.about(
            "name", f"With the prefix {prefix!r} it may have {MOST_NAME} characters: {most} of its own."
        )
    return full


def _taken(endpoint: StoredEndpoint) -> Conflict:
    there = f"There is an endpoint {endpoint.name!r} already, which is {endpoint.status}."
    return Conflict.about("name", f"{there} Take another name, or delete it.")


def _undo(name: str, refusal: Refusal, cloud: Cloud) -> None:
    """An endpoint whose caller has been told of the refusal leaves no record behind."""
    life.give_up(name, str(refusal), cloud)
    left = cloud.endpoints.get(name)
    if left and left.gone:
        cloud.endpoints.forget(left)
