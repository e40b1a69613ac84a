"""Measures what the budgets are about: prints a table, and writes the numbers to out/bench.json."""

import json
import sys
from collections.abc import Iterator

from benchmarks import calls, checking, cold, drawing, functions, reads, sizes
from benchmarks.figures import HEADER, MISSED, Figure, numbers
from tests.stack import ROOT, synthesize

OUT = ROOT / "out/bench.json"


def measure() -> Iterator[Figure]:
    template = synthesize()
    yield from calls.measure(template)
    yield from reads.measure(template)
    yield from checking.measure(template)
    with functions.built() as function:
        yield from cold.measure(function)
        yield from sizes.measure(function)
    yield from drawing.measure()


def main() -> int:
    """The process's exit status: 1 if a budget was missed."""
    figures = []
    print(HEADER)
    for figure in measure():
        figures.append(figure)
        print(figure.row(), flush=True)
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(numbers(figures), indent=2) + "\n")
    return int(any(figure.verdict == MISSED for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
