"""What the UNet is told of the prompts, call by call."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import torch

from container.prompts.encoder import Conditioning
from container.prompts.schedules import Part, parse, schedule

Encode = Callable[[Iterable[str]], Mapping[str, Conditioning]]


class Told(NamedTuple):
    """The prompt's parts, equally long, with their weights; and the negative prompt, of its own length."""

    parts: list[tuple[float, Conditioning]]
    negative: Conditioning


@dataclass(frozen=True)
class _Encoded:
    part: Part
    conditionings: Mapping[str, Conditioning]

    @classmethod
    def of(cls, part: Part, encode: Encode) -> Self:
        return cls(part, encode(text for _, text in part.schedule))

    def at(self, call: int) -> Conditioning:
        return self.conditionings[self.part.at(call)]


class Conditions:
    """A prompt and a negative prompt over the calls of one pass; `calls` and `hires_calls` are the steps of `parse`.

    `encode` is called for each part separately, since texts encoded together are padded with empty chunks. Shorter
    parts repeat their last vector instead, as in the WebUI.
    """

    def __init__(self, prompt: str, negative: str, encode: Encode, calls: int, hires_calls: int | None = None) -> None:
        self._parts = [_Encoded.of(part, encode) for part in parse(prompt, calls, hires_calls)]
        self._negative = _Encoded.of(Part(1.0, schedule(negative, calls, hires_calls)), encode)
        # SDXL, which alone has pooled ones, was trained with zeros for an empty prompt.
        empty = not any(text for _, text in self._negative.part.schedule)
        self._blank = empty and self._negative.at(0).pooled is not None

    def at(self, call: int) -> Told:
        """What the UNet is told at a call of the denoiser, counted from 0."""
        parts, negative = [each.at(call) for each in self._parts], self._negative.at(call)
        longest = max(len(part.tokens) for part in parts)
        weights = (each.part.weight for each in self._parts)
        told = zip(weights, (_lengthened(part, longest) for part in parts), strict=True)
        return Told([*told], _blanked(negative) if self._blank else negative)


def _lengthened(told: Conditioning, length: int) -> Conditioning:
    missing = length - len(told.tokens)
    return replace(told, tokens=torch.cat([told.tokens, *[told.tokens[-1:]] * missing])) if missing else told


def _blanked(told: Conditioning) -> Conditioning:
    pooled = told.pooled
    return replace(told, tokens=told.tokens * 0, pooled=None if pooled is None else pooled * 0)
