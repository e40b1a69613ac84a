"""The fields of a message, compared with those that the local cloud's emulator sends."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Messages as the emulator sends them, recorded on the local cloud; docs/deploy.md says how to record them anew.
EXPECTED = Path(__file__).parent / "expected"


def compare(record: Path) -> Iterator[str]:
    """A line for each message that the emulator sends, and one for each field in which the recorded one differs."""
    for expected in sorted(EXPECTED.glob("*.json")):
        recorded = record / expected.name
        if not recorded.exists():
            yield f"{expected.stem}: none was recorded"
            continue
        found = list(differences(json.loads(recorded.read_text()), json.loads(expected.read_text())))
        yield f"{expected.stem}: {'differs' if found else 'has the fields of the emulator'}"
        yield from (f"  {each}" for each in found)


def differences(recorded: Any, emulated: Any) -> Iterator[str]:
    """A sentence for each field that only one has, or that is of another type."""
    there, here = fields(recorded), fields(emulated)
    for path in sorted(there.keys() - here.keys()):
        yield f"{path} ({there[path]}) came, and the emulator does not send it"
    for path in sorted(here.keys() - there.keys()):
        yield f"{path} ({here[path]}) is sent by the emulator, and did not come"
    for path in sorted(there.keys() & here.keys()):
        if there[path] != here[path]:
            yield f"{path} came as {there[path]}, and the emulator sends {here[path]}"


def fields(value: Any, path: str = "") -> dict[str, str]:
    """The type of every field by its path, as in `{"requestParameters.accept": "str"}`; a list's is its items'."""
    if isinstance(value, dict):
        inside = [(f"{path}.{name}" if path else name, each) for name, each in value.items()]
    elif isinstance(value, list):
        inside = [(f"{path}[]", each) for each in value]
    else:
        inside = []
    found = {path: type(value).__name__} if path else {}
    for place, each in inside:
        found |= fields(each, place)
    return found
