"""Two ways of doing the same, timed in turns: other load on the machine comes and goes, and affects both."""

from collections.abc import Callable
from statistics import median
from typing import NamedTuple

# Does it once, for the pair of that number, and returns processor seconds, which other load lengthens the least.
Timed = Callable[[int], float]


class Comparison(NamedTuple):
    """Medians: of the pairs' ratios, and of each one's seconds."""

    ratio: float
    ours: float
    theirs: float


def compare(ours: Timed, theirs: Timed, pairs: int) -> Comparison:
    """`ratio` is our time over theirs. One more pair goes first, to warm the caches, and does not count."""
    timed = [(ours(pair), theirs(pair)) for pair in range(1 + pairs)][1:]
    return Comparison(
        ratio=median(mine / other for mine, other in timed),
        ours=median(mine for mine, _ in timed),
        theirs=median(other for _, other in timed),
    )
