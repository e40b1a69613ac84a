"""An endpoint's life, from its order to its end: what is to be done next, whoever asks.

A request, an event of SageMaker's and the reconciler do the same: look at the record and at what SageMaker says, and
take the endpoint a step further. Each step may be taken twice, and the record is written after it; so whatever stops a
function half-way, the next one goes on from there.
"""

from datetime import timedelta

from botocore.exceptions import BotoCoreError, ClientError

from shared.cloud import Cloud
from shared.errors import Refusal
from shared.hosting import Described
from shared.log import logger
from shared.shapes import now
from shared.tables.endpoints import DELETED, StoredEndpoint
from shared.tables.items import ATTEMPTS

MAKING = timedelta(minutes=1)  # longer than a function that makes one can run

_UNSCALED = "Its scaling could not be set"
_COSTS = "So it keeps the instances it has, idle or not. This is tried again each minute; where it lasts, delete it."
_REMOVED = "So it was removed again: it would cost whether it draws or not. Create it anew once that is mended."
# How AWS's codes begin for errors that will be no better a minute later; a throttle, a fault or no answer may be.
_CERTAIN = ("AccessDenied", "InvalidParameter", "LimitExceeded", "Validation")

SERVING = "InService"
FAILED = "Failed"
# SageMaker's status for an endpoint whose number of instances is changing, or could not be changed.
_SCALED = ("Updating", "RollingBack")


class Unscaled(Exception):
    """AWS has not set an endpoint's scaling; the text says why, and what that means."""


def advance(name: str, cloud: Cloud) -> StoredEndpoint | None:
    """Take the endpoint as far as it can go at this moment; None if there is none.

    Raises Refusal if AWS does not make it, Unscaled if it serves but AWS does not scale it, RuntimeError if others
    write its record again and again.
    """
    for _ in range(ATTEMPTS):
        seen = cloud.endpoints.get(name)
        became = _advanced(seen, cloud.hosting.describe(name), cloud)
        if not became or became == seen:
            return seen
        if cloud.endpoints.write(became, seen):
            logger.info("endpoint", endpoint=name, status=became.status)
            if not _goes_on(became, seen):
                return became
    raise RuntimeError(f"The record of the endpoint {name} is written by others again and again.")


def carry_on(name: str, cloud: Cloud) -> None:
    """`advance`, when nobody waits for an answer: an endpoint that AWS does not make ends as Failed."""
    try:
        advance(name, cloud)
    except Refusal as refusal:
        give_up(name, str(refusal), cloud)


def give_up(name: str, reason: str, cloud: Cloud) -> None:
    """Remove what there is of an endpoint that could not be made; its record says why."""
    for _ in range(ATTEMPTS):
        seen = cloud.endpoints.get(name)
        if not seen or seen.leaves_as:
            break
        if cloud.endpoints.write(seen.model_copy(update={"leaves_as": FAILED, "reason": reason}), seen):
            break
    advance(name, cloud)


def _advanced(seen: StoredEndpoint | None, described: Described | None, cloud: Cloud) -> StoredEndpoint | None:
    if not seen or seen.gone:  # or made elsewhere, perhaps anew
        return StoredEndpoint(**described.model_dump(), known=True) if described else seen
    if seen.leaves_as:
        return _left(seen, described, cloud)
    if not described:
        return _removed_by_hand(seen, cloud) if seen.known or not seen.made_here else _made(seen, cloud)
    if described.status == FAILED and seen.made_here and not seen.scaled:  # it never served
        return seen.model_copy(update={"leaves_as": FAILED, "reason": described.reason, "known": True})
    said = _as_described(seen, described)
    return _scaled(said, seen, cloud) if seen.status == SERVING else said


def _goes_on(became: StoredEndpoint, seen: StoredEndpoint | None) -> bool:
    """Whether there is more to do at once, now that what is known is written.

    That it is to go is written before anything is removed, or another function might not know why; that it serves is
    written before it is scaled, which AWS may refuse.
    """
    goes = bool(became.leaves_as and seen and not seen.leaves_as)
    return goes or (not became.leaves_as and not became.gone and _lacks_scaling(became))


def _made(seen: StoredEndpoint, cloud: Cloud) -> StoredEndpoint:
    cloud.hosting.make(seen)
    return seen


def _scaled(endpoint: StoredEndpoint, seen: StoredEndpoint, cloud: Cloud) -> StoredEndpoint:
    """The last step of making one: if AWS certainly refuses it, the endpoint is removed altogether.

    After any other error, or if it was scaled before, it goes on serving and its record says why it costs; then this
    raises Unscaled.
    """
    if not _lacks_scaling(endpoint):
        return endpoint
    try:
        cloud.scaling.set(endpoint)
    except (BotoCoreError, ClientError) as error:
        if not endpoint.scaled and _is_certain(error):
            return endpoint.model_copy(update={"leaves_as": FAILED, "reason": f"{_UNSCALED} ({error}). {_REMOVED}"})
        reason = f"{_UNSCALED} ({error}). {_COSTS}"
        if reason != seen.reason:
            cloud.endpoints.write(endpoint.model_copy(update={"reason": reason}), seen)
        raise Unscaled(reason) from error
    return endpoint.model_copy(update={"scaled": _wanted_scaling(endpoint)})


def _is_certain(error: BotoCoreError | ClientError) -> bool:
    return isinstance(error, ClientError) and error.response["Error"]["Code"].startswith(_CERTAIN)


def _lacks_scaling(endpoint: StoredEndpoint) -> bool:
    """AWS accepts an endpoint's scaling only once the endpoint is in service."""
    return endpoint.status == SERVING and endpoint.made_here and endpoint.scaled != _wanted_scaling(endpoint)


def _wanted_scaling(endpoint: StoredEndpoint) -> str:
    """It names the way of scaling, too, so that endpoints from before that way changed are set anew."""
    return f"{endpoint.min_instances}-{endpoint.max_instances} {endpoint.backlog_per_instance} until idle"


def _left(seen: StoredEndpoint, described: Described | None, cloud: Cloud) -> StoredEndpoint:
    """A step on its way out: first its scaling, which would revive it, then itself, then what it is made of."""
    cloud.scaling.remove(seen.name)
    if described and described.status != "Deleting":
        cloud.hosting.delete_endpoint(seen.name)  # if it is being created or changed, then with the next event
    if described:
        return seen.model_copy(update={"status": "Deleting", "known": True, "updated_at": described.updated_at})
    if _may_yet_come(seen):
        return seen
    cloud.hosting.delete_rest(seen.name)
    return _gone(seen)


def _may_yet_come(seen: StoredEndpoint) -> bool:
    """Whether another function might still be making what is to be deleted: then it is not gone, only not there yet."""
    return seen.leaves_as == DELETED and not seen.known and now() < seen.updated_at + MAKING


def _removed_by_hand(seen: StoredEndpoint, cloud: Cloud) -> StoredEndpoint:
    return _left(seen, None, cloud) if seen.made_here else _gone(seen)


def _gone(seen: StoredEndpoint) -> StoredEndpoint:
    end = {"status": seen.leaves_as or DELETED, "gone": True, "instances": 0, "desired_instances": 0}
    return seen.model_copy(update=end | {"updated_at": now()})


def _as_described(seen: StoredEndpoint, described: Described) -> StoredEndpoint:
    only_scaled = described.status in _SCALED and not described.redeployed
    said = {
        "status": SERVING if only_scaled else described.status,
        "reason": described.reason,
        "instances": described.instances,
        "desired_instances": described.desired_instances,
        "updated_at": described.updated_at,
        "known": True,
    }
    return seen.model_copy(update=said)
