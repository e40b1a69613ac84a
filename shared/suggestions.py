"""The way out of a misspelt name."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from pydantic import BeforeValidator


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence, to be put after another, with the nearest known names; empty if none is near."""
    spelt = {each.lower(): each for each in known}
    nearest = get_close_matches(name.lower(), spelt, n=3, cutoff=0.6)
    return f" Did you mean {' or '.join(repr(spelt[each]) for each in nearest)}?" if nearest else ""


def spelt(what: str, names: Iterable[str], aliases: Mapping[str, str], otherwise: str) -> BeforeValidator:
    """Takes a name in any case, or one of its aliases (in lower case); null and "" are `otherwise`.

    An unknown one is refused with the nearest names.
    """
    spellings = {name.lower(): name for name in names} | dict(aliases)

    def read(name: object) -> object:
        if not name or not isinstance(name, str):
            return name or otherwise
        if name.lower() in spellings:
            return spellings[name.lower()]
        near = did_you_mean(name, spellings.values())
        raise ValueError(f"There is no {what} {name[:100]!r}.{near} GET /capabilities lists them.")

    return BeforeValidator(read)
