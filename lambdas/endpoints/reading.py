"""How endpoints are shown."""

from datetime import UTC

from pydantic import Field

from lambdas.endpoints.prices import hourly_usd
from lambdas.endpoints.requests import MOST_NAME
from shared.cloud import Cloud
from shared.errors import NotFound
from shared.shapes import Endpoint, now
from shared.tables.endpoints import KEEP_GONE, StoredEndpoint


class PricedEndpoint(Endpoint):
    hourly_usd: float | None = Field(
        None, description="On-demand price of one instance in us-east-1, USD an hour; null if it is not known."
    )


class EndpointDetails(PricedEndpoint):
    """What is counted when it is asked for."""

    backlog: int = Field(description="Number of its jobs that are queued or running.")
    jobs_today: int = Field(description="Number of its jobs that have ended since midnight, UTC.")


def record(name: str, cloud: Cloud) -> StoredEndpoint:
    """Raises NotFound."""
    found = cloud.endpoints.get(name) if len(name) <= MOST_NAME else None
    if not found or _is_past(found):
        raise NotFound(f"There is no endpoint {name[:100]!r}; GET /endpoints lists them.")
    return found


def everything(cloud: Cloud) -> list[StoredEndpoint]:
    return [endpoint for endpoint in cloud.endpoints.all() if not _is_past(endpoint)]


def _is_past(endpoint: StoredEndpoint) -> bool:
    """Whether it has been gone too long to be shown: DynamoDB may take days to remove what has expired."""
    return endpoint.gone and endpoint.updated_at + KEEP_GONE < now()


def priced(endpoint: StoredEndpoint) -> PricedEndpoint:
    return PricedEndpoint(**endpoint.model_dump(), hourly_usd=hourly_usd(endpoint.instance_type))


def details(name: str, cloud: Cloud) -> EndpointDetails:
    """Raises NotFound."""
    found = record(name, cloud)
    midnight = now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return EndpointDetails(
        **priced(found).model_dump(),
        backlog=cloud.jobs.count_unfinished(found.name),
        jobs_today=cloud.jobs.count_finished(found.name, since=midnight),
    )
