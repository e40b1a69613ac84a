"""How endpoints are shown."""

from datetime import UTC

from pydantic import Field

from lambdas.endpoints.prices import hourly_usd
from shared.cloud import Cloud
from shared.errors import NotFound
from shared.shapes import Endpoint, now
from shared.tables.endpoints import StoredEndpoint


class PricedEndpoint(Endpoint):
    hourly_usd: float | None = Field(None, description="Of one instance, in us-east-1, on demand; null: not known.")


class EndpointDetails(PricedEndpoint):
    """What is counted when it is asked for."""

    backlog: int = Field(description="Its jobs that are queued or running.")
    jobs_today: int = Field(description="Its jobs that have ended since midnight, UTC.")


def record(name: str, cloud: Cloud) -> StoredEndpoint:
    """Raises NotFound."""
    found = cloud.endpoints.get(name)
    if not found:
        raise NotFound(f"There is no endpoint {name[:100]!r}; GET /endpoints lists them.")
    return found


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
