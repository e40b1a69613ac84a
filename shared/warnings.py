"""Warnings: sentences on a job that say what of its order was left out, or came out differently."""

from itertools import accumulate
from typing import Annotated

from pydantic import AfterValidator

MOST_BYTES = 2_000  # of all: a job's record holds them
_MORE = "There is more to be warned of than is kept here."


def _as_many_as_fit(warnings: list[str]) -> list[str]:
    sizes = accumulate(len(warning.encode()) for warning in warnings)
    kept = [warning for warning, size in zip(warnings, sizes, strict=True) if size <= MOST_BYTES]
    return kept if len(kept) == len(warnings) else [*kept, _MORE]


Warnings = Annotated[list[str], AfterValidator(_as_many_as_fit)]
