"""What a command answers, on stdout: tables on a terminal, fields between tabs elsewhere, or the API's own JSON."""

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

from rich.console import Console
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from goc.api import Document
from goc.shapes import Answered

WIDEST = 10_000
Shape = TypeVar("Shape", bound=Answered)
Columns = Mapping[str, Callable[[Shape], object]]


def print_list(found: Iterable[Shape], columns: Columns[Shape], as_json: bool) -> None:
    if as_json:
        print_json([each.document for each in found])
        return
    rows = ([_cell(of(each)) for of in columns.values()] for each in found)
    print_rows(list(columns), rows)


def print_one(found: Answered, as_json: bool, shown: Document | None = None) -> None:
    """Print `shown`, by default all fields of its document, one per row; those without a value are left out."""
    if as_json:
        print_json(found.document)
        return
    fields = found.document if shown is None else shown
    print_rows([], ([field, _cell(value)] for field, value in fields.items() if value not in (None, "", [], {})))


def print_result(found: Answered, as_json: bool, text: str) -> None:
    if as_json:
        print_json(found.document)
    else:
        print(text)


def print_json(document: object) -> None:
    print(json.dumps(document, indent=2, ensure_ascii=False))


def day(moment: datetime | None) -> str:
    """To the minute, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}" if moment else ""


def size(bytes: int) -> str:
    """As in `512.0 MB`, in decimal units."""
    return decimal(bytes)


def print_rows(headers: list[str], rows: Iterable[list[str]]) -> None:
    if not sys.stdout.isatty():
        for row in rows:
            print("\t".join(row))
        return
    table = Table(*headers, box=None, show_header=bool(headers), pad_edge=False, padding=(0, 2, 0, 0))
    for row in rows:
        table.add_row(*map(Text, row))  # as plain text: a name may have brackets
    Console(width=WIDEST).print(table)  # the terminal alone breaks lines, so that ids can be copied whole


def _cell(value: object) -> str:
    """On one line."""
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False)
    return " ".join(str("" if value is None else value).split())
