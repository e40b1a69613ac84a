"""How an endpoint is given other bounds to scale within."""

from lambdas.endpoints import guard, life
from lambdas.endpoints.reading import record
from lambdas.endpoints.requests import RescaleEndpoint
from shared.cloud import Cloud
from shared.errors import Conflict
from shared.tables.endpoints import StoredEndpoint
from shared.tables.items import ATTEMPTS


def rescale(name: str, request: RescaleEndpoint, cloud: Cloud) -> StoredEndpoint:
    """Change how it is scaled from now on. Raises NotFound, Invalid or Conflict. May be asked again."""
    changes = request.model_dump(exclude_none=True)
    for _ in range(ATTEMPTS):
        seen = record(name, cloud)
        _require_serving(seen)
        if guard.reserve(seen.model_copy(update=changes), seen, cloud):
            try:
                return life.advance(seen.name, cloud) or seen
            except life.Unscaled as unscaled:
                raise Conflict(str(unscaled)) from unscaled
    raise Conflict("Other requests change this endpoint again and again; send the same again.")


def _require_serving(endpoint: StoredEndpoint) -> None:
    if endpoint.status != life.SERVING:
        detail = f"The endpoint {endpoint.name!r} is {endpoint.status}; only one that is InService is rescaled."
        raise Conflict(detail)
    if not endpoint.made_here:
        raise Conflict(f"The endpoint {endpoint.name!r} was not made by this API; scale it where it was made.")
