"""Routes of endpoints."""

from operator import attrgetter
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel

from shared.cloud import cloud
from shared.resolver import Resolver, entry
from shared.shapes import Endpoint

app = Resolver()


class EndpointList(BaseModel):
    endpoints: list[Endpoint]


@app.get("/endpoints")
def list_endpoints(
    status: Annotated[str | None, Query(description="Only those in this state, such as InService.")] = None,
) -> EndpointList:
    """All endpoints, newest first."""
    found = [endpoint for endpoint in cloud().endpoints.all() if status in (None, endpoint.status)]
    return EndpointList(endpoints=sorted(found, key=attrgetter("created_at"), reverse=True))


handler = entry(app)
