"""The way out of a misspelt name."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence, to be put behind another, that names the nearest known names; nothing where none is near."""
    spelt = {each.lower(): each for each in known}
    nearest = get_close_matches(name.lower(), spelt, n=3, cutoff=0.6)
    return f" Did you mean {' or '.join(repr(spelt[each]) for each in nearest)}?" if nearest else ""
