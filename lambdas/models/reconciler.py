"""Mends what events have missed: each night, the files under `models/` are compared with the table."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from lambdas.models.files import FOLDER, Place, place
from lambdas.models.refreshing import UNFINISHED_FOR, refresh
from shared.cloud import Cloud, cloud
from shared.log import logger
from shared.shapes import ModelState, now
from shared.tables.models import StoredModel

AT_ONCE = 4
# With less of the function's time left than this, no further file is begun: the next night goes on from there.
LAST_MILLISECONDS = 60_000


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> None:
    reconcile(cloud(), context.get_remaining_time_in_millis)


def reconcile(cloud: Cloud, left: Callable[[], int]) -> None:
    """Bring every record that differs from its file in line. Raises RuntimeError if some could not be.

    Each is brought in line on its own, and then no longer differs: whatever ends this run, the next one goes on.
    """
    differing = [*_differing(cloud)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        done = [*pool.map(lambda each: left() > LAST_MILLISECONDS and _mended(each[0], each[1], cloud), differing)]
    logger.info("reconciled", differing=len(differing), mended=sum(each is True for each in done))
    if None in done:
        raise RuntimeError(f"{done.count(None)} models could not be brought in line; the log says why.")


def _mended(place: Place, key: str, cloud: Cloud) -> bool | None:
    try:
        refresh(place, key, cloud)
    except Exception:
        logger.exception("not brought in line", key=key)
        return None  # one file must not keep the others from their turn
    return True


def _differing(cloud: Cloud) -> Iterator[tuple[Place, str]]:
    """The place and key of each file that differs from the table, and of each record without a file."""
    files: defaultdict[object, dict[str, tuple[Place, str]]] = defaultdict(dict)
    for key, etag in cloud.bucket.list(FOLDER):
        found = place(key)
        if found:
            files[found.id][key] = found, etag
    for model in cloud.models.all():
        at = Place(model.type, model.name)
        there = files.pop(at.id, {})
        if not _as_it_is(model, {key: etag for key, (_, etag) in there.items()}):
            yield from [(found, key) for key, (found, _) in there.items()] or [(at, model.key)]
    for there in files.values():
        yield from [(found, key) for key, (found, _) in there.items()]


def _as_it_is(model: StoredModel, there: dict[str, str]) -> bool:
    """Whether a record needs no mending. One from before files were checked has no time of creation."""
    if model.replaced or (model.upload and model.upload.started_at < now() - UNFINISHED_FOR):
        return False
    if model.state is ModelState.UPLOADING and not there:
        return model.upload is not None
    checked = model.state is not ModelState.CHECKING and model.created_at is not None
    return checked and there.get(model.key) == model.etag
