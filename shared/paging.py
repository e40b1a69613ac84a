"""Cursors: where a list goes on. Opaque to callers, so that what is inside may change."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from shared.errors import Refusal

Limit = Annotated[int, Query(ge=1, le=100, description="How many to list at most.")]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before.", max_length=500)]


def encode(position: str) -> str:
    return urlsafe_b64encode(position.encode()).decode()


def decode(cursor: str) -> str:
    """Raises Refusal where the cursor was not made by `encode`."""
    try:
        position = urlsafe_b64decode(cursor.encode()).decode()
    except ValueError:
        position = ""
    if encode(position) != cursor or not position:
        raise Refusal("cursor: it is not one that a list has answered; leave it out to start at the beginning.")
    return position
