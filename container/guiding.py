"""An order's ControlNet units at work in its passes."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from diffusers import ControlNetModel

from container.controlnet.control import Control
from container.controlnet.units import Guide
from container.pipeline import Extra
from shared.controlnet import Unit
from shared.parameters import Parameters, Txt2ImgParameters


class Guided(NamedTuple):
    """A unit that is ready; `place` is its place among those that are switched on."""

    place: int
    unit: Unit
    model: ControlNetModel
    guide: Guide


class Guiding:
    """All units of one order."""

    def __init__(self, parameters: Parameters, guided: Sequence[Guided]) -> None:
        self._size = parameters.width, parameters.height
        self._passes = isinstance(parameters, Txt2ImgParameters) and parameters.enable_hr
        self._guided = guided

    def controls(self, size: tuple[int, int], second_pass: bool) -> list[Control]:
        """The controls of a pass whose pictures have this width and height. Raises UnusableWeights."""
        return [
            Control.of(unit, place, model, guide.hint(*size), second_pass)
            for place, unit, model, guide in self._guided
            if not self._passes or unit.guides(second_pass)
        ]

    def maps(self) -> Iterator[Extra]:
        """The maps that are to be saved, one for each such unit."""
        for place, unit, _, guide in self._guided:
            if unit.save_detected_map:
                yield Extra("control_map", guide.picture(*self._size), place)
