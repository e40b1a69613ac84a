"""A guard for the bill: no more endpoints, and no more instances, than the deployment is set to have."""

from shared.cloud import Cloud
from shared.errors import Conflict, Invalid
from shared.settings import endpoint_settings
from shared.tables.endpoints import StoredEndpoint
from shared.tables.items import ATTEMPTS


def reserve(endpoint: StoredEndpoint, seen: StoredEndpoint | None, cloud: Cloud) -> bool:
    """Store the endpoint, which takes up as much as it may grow to; False if its record is no longer the one seen.

    Raises Invalid, and Conflict if there is no room for it.
    """
    if (endpoint.min_instances or 0) > (endpoint.max_instances or 0):
        detail = f"min_instances must not be more than max_instances, which is {endpoint.max_instances}."
        raise Invalid.about("min_instances", detail)
    for _ in range(ATTEMPTS):
        turn = cloud.endpoints.turn()
        everything = cloud.endpoints.all()
        if next((each for each in everything if each.name == endpoint.name), None) != seen:
            return False
        if not seen or seen.gone or _most(endpoint) > _most(seen):  # what grows no further needs no room
            _require_room(endpoint, [each for each in everything if each.name != endpoint.name and not each.gone])
        if cloud.endpoints.reserve(endpoint, seen, turn):
            return True
    raise Conflict("Other endpoints are being created at this moment; send the same again.")


def _require_room(endpoint: StoredEndpoint, others: list[StoredEndpoint]) -> None:
    settings = endpoint_settings()
    if len(others) >= settings.most_endpoints:
        raise Conflict(
            f"There are {len(others)} endpoints, and this deployment may have {settings.most_endpoints}: delete one, "
            "or deploy with a larger most_endpoints."
        )
    taken = sum(_most(each) for each in others)
    left = settings.most_instances - taken
    if _most(endpoint) > left:
        raise Conflict.about(
            "max_instances",
            f"All endpoints of this deployment may have {settings.most_instances} instances together, and the others "
            f"may grow to {taken}: ask for {left} at the most, rescale one, or deploy with a larger most_instances."
            if left > 0
            else f"All endpoints of this deployment may have {settings.most_instances} instances together, which the "
            "others take up: rescale or delete one, or deploy with a larger most_instances.",
        )


def _most(endpoint: StoredEndpoint) -> int:
    return endpoint.max_instances or endpoint.instances or 1  # made elsewhere: what it has
