"""What is measured, and the budget that each figure has to keep."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    what: str
    bound: float
    at_least: bool = False  # else it is the most that may be

    def met_by(self, value: float) -> bool:
        return value >= self.bound if self.at_least else value <= self.bound

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.bound:g}"


BUDGETS = {
    "calls.submit": Budget("AWS calls: submit a plain order", 3),
    "calls.submit_control": Budget("AWS calls: submit with a control picture", 4),
    "calls.settle": Budget("AWS calls: settle a job by its notice", 1),
    "calls.get": Budget("AWS calls: read a job", 1),
    "calls.list": Budget("AWS calls: list jobs", 1),
    "calls.models": Budget("AWS calls: list models", 1),
    "calls.endpoints": Budget("AWS calls: list endpoints", 1),
    "read.list": Budget("items read for each job listed, of 100,000", 1),
    "read.models": Budget("items read for each model listed, of 1,000", 1),
    "cold.ratio": Budget("fresh process to its first answer, over raw boto3", 1.6),
    "size.mb": Budget("a function's code and layer, unzipped, MB", 30),
    "container.ratio": Budget("pictures per second, container over bare diffusers", 0.98, at_least=True),
}


HEADER = f"{'what':<52} {'measured':>8}  {'budget':>6}"


@dataclass(frozen=True)
class Figure:
    """One measured number of BUDGETS; None where it could not be measured, and `note` says why."""

    name: str
    value: float | None
    note: str = ""

    def row(self) -> str:
        """A line of the table under HEADER."""
        budget = BUDGETS[self.name]
        if self.value is None:
            return f"{budget.what:<52} {'-':>8}  {budget!s:>6}  not measured: {self.note}"
        verdict = "met" if budget.met_by(self.value) else "MISSED"
        return f"{budget.what:<52} {self.value:>8.4g}  {budget!s:>6}  {verdict:<6}  {self.note}".rstrip()


def numbers(figures: Iterable[Figure]) -> dict[str, float]:
    """What was measured, by name."""
    return {figure.name: figure.value for figure in figures if figure.value is not None}
