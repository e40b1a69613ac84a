"""How an endpoint is removed, with its scaling, its config and its model."""

from lambdas.endpoints import life
from lambdas.endpoints.reading import record
from shared.cloud import Cloud
from shared.errors import Conflict
from shared.shapes import now
from shared.tables.endpoints import DELETED, StoredEndpoint
from shared.tables.items import ATTEMPTS


def delete(name: str, force: bool, cloud: Cloud) -> StoredEndpoint:
    """Begin to remove it. Raises NotFound, and Conflict if it has unfinished jobs and `force` is not given.

    Asking again changes nothing. SageMaker does not remove an endpoint that it is creating or changing: it goes as soon
    as that is done. The sweeper fails the jobs that it leaves behind.
    """
    for _ in range(ATTEMPTS):
        seen = record(name, cloud)
        if seen.leaves_as == DELETED or seen.status == DELETED:
            return life.advance(seen.name, cloud) or seen
        if not force and any(cloud.jobs.unfinished(seen.name)):
            way_out = "Wait until they are done, cancel them, or DELETE with ?force=true: then they fail."
            raise Conflict(f"The endpoint {seen.name!r} has jobs that are not done. {way_out}")
        leaves = {"leaves_as": DELETED, "status": "Deleting", "updated_at": now()}
        known = seen.known or seen.gone  # nobody is making one that is gone
        leaving = seen.model_copy(update=leaves | {"gone": False, "known": known})
        if cloud.endpoints.write(leaving, seen):
            return life.advance(seen.name, cloud) or leaving
    raise Conflict("Other requests change this endpoint again and again; send the same again.")
