"""What is measured, and the budget that each figure has to keep."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Self

MISSED = "MISSED"


@dataclass(frozen=True)
class Budget:
    what: str
    bound: float | None  # None if none was set
    at_least: bool = False  # else the bound is the most that it may be

    def verdict(self, value: float) -> str:
        if self.bound is None:
            return ""
        return "met" if (value >= self.bound if self.at_least else value <= self.bound) else MISSED

    def __str__(self) -> str:
        return "" if self.bound is None else f"{'≥' if self.at_least else '≤'} {self.bound:g}"


BUDGETS = {
    "calls.submit": Budget("AWS calls: submit a plain order", 3),
    "calls.submit_control": Budget("AWS calls: submit with a control picture", 4),
    "calls.settle": Budget("AWS calls: settle a job by its notice", 1),
    "calls.get": Budget("AWS calls: read a job", 1),
    "calls.list": Budget("AWS calls: list jobs", 1),
    "calls.models": Budget("AWS calls: list models", 1),
    "calls.endpoints": Budget("AWS calls: list endpoints", 1),
    "calls.upload": Budget("AWS calls: begin to upload a model", 4),
    "calls.upload_again": Budget("AWS calls: go on with an upload", 2),
    "calls.complete": Budget("AWS calls: complete an upload", 4),
    "calls.check": Budget("AWS calls: check a file at its event", 4),
    "calls.delete": Budget("AWS calls: delete a model", 6),
    "calls.picture": Budget("AWS calls: begin to upload a picture", 0),
    "calls.create": Budget("AWS calls: create an endpoint", 9),
    "calls.in_service": Budget("AWS calls: its event when it is in service", 13),
    "calls.event": Budget("AWS calls: its event when it is being scaled", 3),
    "calls.endpoint": Budget("AWS calls: read an endpoint", 3),
    "calls.rescale": Budget("AWS calls: rescale an endpoint", 14),
    "calls.remove": Budget("AWS calls: delete an endpoint", 9),
    "calls.gone": Budget("AWS calls: what is left to do when it is gone", 7),
    "read.list": Budget("items read for each job listed, of 100,000", 1),
    "read.models": Budget("items read for each model listed, of 10,000", 1),
    "check.mb": Budget("bytes read to check an SDXL checkpoint of 6.9 GB, MB", 1),
    "cold.ratio": Budget("fresh process to its first answer, over raw boto3", 1.6),
    "size.mb": Budget("a function's code and layer, unzipped, MB", 30),
    "container.ratio": Budget("pictures per second, container over bare diffusers", 0.98, at_least=True),
    "container.first_step_seconds": Budget("an order's arrival to its first step, seconds", None),
    "switch.memory_seconds": Budget("the same with another checkpoint in memory", None),
    "switch.disk_ratio": Budget("loading a checkpoint from disk, over reading it", None),
    "container.peak_mb": Budget("peak memory with SD 1.5 in single precision, MB", None),
    "step.overhead": Budget("a step's progress and preview, percent", 1),
    "upload.ratio": Budget("upload of a 2 GB file, goc's speed over `aws s3 cp`", 0.9, at_least=True),
}


HEADER = f"{'what':<52} {'measured':>8}  {'budget':>6}"


@dataclass(frozen=True)
class Figure:
    """One measured number of BUDGETS; None if it could not be measured: then `note` says why."""

    name: str
    value: float | None
    note: str = ""

    @property
    def verdict(self) -> str:
        return "" if self.value is None else BUDGETS[self.name].verdict(self.value)

    def row(self) -> str:
        """A line of the table under HEADER."""
        budget = BUDGETS[self.name]
        if self.value is None:
            return f"{budget.what:<52} {'-':>8}  {budget!s:>6}  not measured: {self.note}"
        return f"{budget.what:<52} {self.value:>8.4g}  {budget!s:>6}  {self.verdict:<6}  {self.note}".rstrip()

    def line(self) -> str:
        """For the process that started this one."""
        return json.dumps(asdict(self))

    @classmethod
    def from_line(cls, line: str) -> Self:
        return cls(**json.loads(line))


def numbers(figures: Iterable[Figure]) -> dict[str, float]:
    """What was measured, by name."""
    return {figure.name: figure.value for figure in figures if figure.value is not None}
