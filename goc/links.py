"""The parts of an upload that are missing, with links that still open."""

import time
from collections.abc import Callable

from goc.shapes import Begun, Part

MOST_LINKS = 500  # the most that the API gives at a time
FRESH_SECONDS = 300  # a link works for longer than that


class Links:
    """For going through the parts in order: links are asked for anew before they expire, and when they run out."""

    def __init__(self, begin: Callable[[], Begun]) -> None:
        self._begin = begin
        self._known = 0

    def missing(self, number: int) -> Part | None:
        """The part of that number; None if it is there already."""
        if number > self._known or time.monotonic() - self._asked > FRESH_SECONDS:
            self._ask()
        return self._parts.get(number)

    def _ask(self) -> None:
        upload = self._begin().upload
        self._asked = time.monotonic()
        self._parts = {part.number: part for part in upload.parts}
        self._known = upload.parts[-1].number if len(upload.parts) == MOST_LINKS else upload.part_count
