"""Routes of endpoints."""

from http import HTTPStatus
from operator import attrgetter
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel

from lambdas.endpoints import creation, deletion, reading, rescaling
from lambdas.endpoints.reading import EndpointDetails, PricedEndpoint
from lambdas.endpoints.requests import CreateEndpoint, RescaleEndpoint
from shared.cloud import cloud
from shared.errors import Conflict, NotFound
from shared.resolver import Resolver, answers, entry

app = Resolver()


class EndpointList(BaseModel):
    endpoints: list[PricedEndpoint]


@app.get("/endpoints")
def list_endpoints(
    status: Annotated[str | None, Query(description="Only those in this state, such as InService.")] = None,
) -> EndpointList:
    """All endpoints, newest first. One that is gone stays for a day."""
    found = [endpoint for endpoint in reading.everything(cloud()) if status in (None, endpoint.status)]
    newest = sorted(found, key=attrgetter("created_at"), reverse=True)
    return EndpointList(endpoints=[reading.priced(endpoint) for endpoint in newest])


@app.post("/endpoints", responses=answers(HTTPStatus.ACCEPTED, Conflict))
def create_endpoint(request: CreateEndpoint) -> Response[PricedEndpoint]:
    """Start an endpoint. It is InService in some minutes, or Failed with the reason."""
    endpoint = reading.priced(creation.create(request, cloud()))
    headers = {"Location": f"endpoints/{endpoint.name}"}
    return Response(HTTPStatus.ACCEPTED, "application/json", endpoint, headers=headers)


@app.get("/endpoints/<name>", responses=answers(HTTPStatus.OK, NotFound))
def get_endpoint(name: str) -> EndpointDetails:
    """The endpoint, with what it has to do and has done."""
    return reading.details(name, cloud())


@app.patch("/endpoints/<name>", responses=answers(HTTPStatus.OK, NotFound, Conflict))
def rescale_endpoint(name: str, request: RescaleEndpoint) -> PricedEndpoint:
    """Give it other bounds to scale within."""
    return reading.priced(rescaling.rescale(name, request, cloud()))


@app.delete("/endpoints/<name>", responses=answers(HTTPStatus.ACCEPTED, NotFound, Conflict))
def delete_endpoint(
    name: str,
    force: Annotated[bool, Query(description="Also where it has jobs that are not done; they fail.")] = False,
) -> Response[PricedEndpoint]:
    """Remove an endpoint, and all that was made for it. It is Deleted in some minutes."""
    endpoint = reading.priced(deletion.delete(name, force, cloud()))
    return Response(HTTPStatus.ACCEPTED, "application/json", endpoint)


handler = entry(app)
