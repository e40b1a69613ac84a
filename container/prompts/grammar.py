"""Attention: which words of a text weigh more or less than others."""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

_ROUND, _SQUARE = 1.1, 1 / 1.1  # the WebUI's factors for a pair of brackets

_SIGN = re.compile(
    r"""\\(?P<escaped>[()\[\]\\]?)                                 # a backslash before anything else is dropped
    | [(\[]
    | :\s*(?P<weight>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))\s*\)
    | [)\]]
    | :
    | [^\\()\[\]:]+""",
    re.VERBOSE,
)
_BREAK = re.compile(r"\s*\bBREAK\b\s*")


class Piece(NamedTuple):
    text: str
    weight: float


def attention(text: str) -> list[Piece | None]:
    r"""The pieces of a text, each with its weight; None where BREAK stands.

    `(a)` weighs 1.1, `[a]` 1 / 1.1, `(a:1.3)` 1.3, and nested ones multiply; `\(`, `\)`, `\[`, `\]` and `\\` are the
    characters themselves. A bracket that is never closed holds to the end, and one that closes nothing is text.
    Neighbours of equal weight are one piece. A BREAK whose brackets give it a weight other than 1 is a word with the
    negative of that weight, as in the WebUI. There is one difference: in the WebUI, a weight such as `1.2.3` stops the
    drawing; here it is text.
    """
    texts: list[str | None] = []
    weights: list[float] = []
    opened: dict[str, list[int]] = {"(": [], "[": []}

    def weigh(start: int, factor: float) -> None:
        weights[start:] = [weight * factor for weight in weights[start:]]

    for found in _SIGN.finditer(text):
        sign = found[0]
        if sign in opened:
            opened[sign].append(len(texts))
        elif found["weight"] and opened["("]:
            weigh(opened["("].pop(), float(found["weight"]))
        elif sign == ")" and opened["("]:
            weigh(opened["("].pop(), _ROUND)
        elif sign == "]" and opened["["]:
            weigh(opened["["].pop(), _SQUARE)
        else:
            texts += _at_breaks(sign) if found["escaped"] is None else [found["escaped"]]
            weights += [1.0] * (len(texts) - len(weights))
    for bracket, factor in (("(", _ROUND), ("[", _SQUARE)):
        for start in opened[bracket]:
            weigh(start, factor)
    return list(_pieces(texts, weights))


def _at_breaks(text: str) -> list[str | None]:
    first, *others = _BREAK.split(text)
    return [first, *(part for other in others for part in (None, other))]


def _pieces(texts: Iterable[str | None], weights: Iterable[float]) -> Iterator[Piece | None]:
    filled = (pair for pair in zip(texts, weights, strict=True) if pair[0] != "")
    for weight, alike in groupby(filled, key=lambda pair: None if pair[0] is None else pair[1]):
        if weight is None:
            yield from (None if factor == 1 else Piece("BREAK", -factor) for _, factor in alike)
        else:
            yield Piece("".join(text for text, _ in alike if text), weight)
