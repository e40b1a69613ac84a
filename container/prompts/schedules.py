"""Prompt editing, alternation and composition: which texts a prompt stands for at each sampling step."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

_SIGNS = re.compile(r"[()\[\]:|]|(?:\\.|[^\\()\[\]:|])+")
_NUMBER = re.compile(r"\s*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)\s*")
_AND = re.compile(r"\bAND\b")
_WEIGHT = re.compile(r":\s*([+-]?(?:[0-9]+\.?|[0-9]*\.[0-9]+))$")


class Part(NamedTuple):
    """One of the texts that AND joins. Each `schedule` entry is the last step of a text, from 1, and that text."""

    weight: float
    schedule: list[tuple[int, str]]

    def at(self, step: int) -> str:
        """The text at a call of the denoiser, counted from 0.

        Steps count from 1, so the first text has one call more than its number says, and the last one less: the WebUI
        compares the two counts as they are, and the same prompt should give the same picture. Past the last step it is
        the first text again, as in the WebUI.
        """
        return next((text for last, text in self.schedule if step <= last), self.schedule[0][1])


def parse(prompt: str, steps: int, hires_steps: int | None = None) -> list[Part]:
    """The parts of a prompt. AND means nothing in a negative prompt: it is `Part(1.0, schedule(…))`.

    `steps` are the calls of the denoiser, two for each step of a second-order sampler. In a hires pass, `hires_steps`
    are its own, and `steps` those of the first pass.
    """
    return [Part(weight, schedule(text, steps, hires_steps)) for text, weight in composition(prompt)]


def composition(prompt: str) -> list[tuple[str, float]]:
    """The texts between ANDs with their weights: `a AND b :1.2` is a with 1 and b with 1.2."""
    return [_weighted(text) for text in _AND.split(prompt)]


def schedule(text: str, steps: int, hires_steps: int | None = None) -> list[tuple[int, str]]:
    """Each text that it becomes, preceded by the last step (from 1) at which it does.

    `[a:b:when]` is a up to a step, and b from then on; `[b:when]` and `[a::when]` have nothing on one side.
    `[a|b|c]` changes with every step. A `when` with a dot is a share of the steps, otherwise a step's number. A hires
    pass counts on: its middle is 1.5, and its first step `steps` + 1. Anything else stays as it is; a text with a
    misplaced `|` or a backslash before nothing stays unchanged as a whole, as in the WebUI, whose grammar fails there.
    """
    total = steps if hires_steps is None else hires_steps
    before = 0 if hires_steps is None else steps

    def last(when: str) -> float:
        return (float(when) - bool(before)) * total if "." in when else float(when) - before

    signs = _SIGNS.findall(text)
    try:
        _check(signs, text)
        texts = [_at(step, signs, last) for step in range(1, total + 1)]
    except _OutOfPlace:
        return [(total, text)]
    runs = groupby(enumerate(texts, 1), key=lambda entry: entry[1])
    return [list(run)[-1] for _, run in runs]


def _weighted(text: str) -> tuple[str, float]:
    text = text.rstrip()
    found = _WEIGHT.search(text)
    return (text[: found.start()].rstrip(), float(found[1])) if found else (text, 1.0)


class _OutOfPlace(Exception):
    """A sign that the grammar does not allow there, so that the rest is not parsed either."""


def _check(signs: list[str], text: str) -> None:
    if "".join(signs) != text:  # a backslash at the end or before a newline
        raise _OutOfPlace


@dataclass
class _Group:
    """What follows an opening bracket, already resolved for the step in question."""

    opening: str = ""
    parts: list[str] = field(default_factory=lambda: [""])
    separators: str = ""

    def add(self, text: str) -> None:
        self.parts[-1] += text

    def separate(self, separator: str) -> None:
        self.separators += separator
        self.parts.append("")

    def literal(self) -> str:
        if "|" in self.separators:
            raise _OutOfPlace
        return self.opening + ":".join(self.parts)

    def at(self, step: int, closing: str, last: float | None) -> str | None:
        """Its text, or None if it is no group of the grammar. `last` is the step written at its end, if any."""
        match self.opening + closing, self.separators:
            case ("()", "" | ":") | ("[]", ""):
                return self.literal() + closing
            case "[]", ":" | "::" if last is not None:
                before, after = ["", *self.parts][-3:-1]
                return before if step <= last else after
            case "[]", separators if set(separators) == {"|"}:
                return self.parts[(step - 1) % len(self.parts)]
        return None


def _at(step: int, signs: list[str], last: Callable[[str], float]) -> str:
    groups = [_Group()]
    for place, sign in enumerate(signs):
        if sign in "([":
            groups.append(_Group(sign))
        elif sign in ")]":
            text = groups[-1].at(step, sign, _last(signs[max(place - 2, 0) : place], last))
            if text is None:  # then what encloses it is no group either
                groups = [_Group(parts=[_literal(groups)])]
            else:
                groups.pop()
            groups[-1].add(sign if text is None else text)
        elif sign in ":|" and len(groups) > 1:
            groups[-1].separate(sign)
        elif sign == "|":
            raise _OutOfPlace
        else:
            groups[-1].add(sign)
    return _literal(groups)


def _literal(groups: list[_Group]) -> str:
    return "".join(group.literal() for group in groups)


def _last(signs: list[str], last: Callable[[str], float]) -> float | None:
    """The step at the end of a group, by its last two signs; None if a nested group, say, stands there."""
    match signs:
        case [":", number] if found := _NUMBER.fullmatch(number):
            return last(found[1])
    return None
