"""Cursors: where a list goes on. Opaque to callers, so that what is inside may change."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from shared.errors import Refusal

Limit = Annotated[int, Query(ge=1, le=100, description="How many to list at most.")]
_MOST = 1400  # a table's key has 1,024 bytes, which base64 makes 1,368
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before.", max_length=_MOST)]


def after(position: str | None) -> str | None:
    """The cursor of what follows a position in a list."""
    return _encode(position) if position else None


def decode(cursor: str, possible: Callable[[str], bool]) -> str:
    """A cursor's position. Raises Refusal if `after` did not make it, or it is no possible position in this list."""
    try:
        position = urlsafe_b64decode(cursor.encode()).decode()
    except ValueError:
        position = ""
    if not possible(position) or _encode(position) != cursor:
        raise Refusal.about("cursor", "It is not one that this list answered; leave it out to start at the beginning.")
    return position


def _encode(position: str) -> str:
    return urlsafe_b64encode(position.encode()).decode()
