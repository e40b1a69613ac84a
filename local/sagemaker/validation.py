"""Inputs checked against botocore's own service models, and refused in AWS's words.

What botocore leaves to the service (patterns, enums, most lengths) is checked here as well, so that a name that AWS
would refuse is refused on a laptop first. AWS ignores members that it does not know; here they are refused, since
boto3 cannot send them and a hand-written request that has one is a mistake.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

from botocore.model import ListShape, MapShape, Shape, StructureShape

from local.sagemaker.refusals import Malformed, Refusal

PYTHON_TYPES: dict[str, type | tuple[type, ...]] = {
    "structure": dict,
    "map": dict,
    "list": list,
    "string": str,
    "blob": bytes,
    "boolean": bool,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float),
}

# Java's spellings in AWS's patterns that Python's `re` lacks, in the order of replacing them. Those of one letter stand
# only inside brackets.
JAVA_CLASSES = {
    r"[\p{Print}]": "[ -~]",
    r"\p{Print}": "[ -~]",
    r"\uD800\uDC00-\uDBFF\uDFFF": r"\U00010000-\U0010FFFF",
    r"\p{ASCII}": r"[\x00-\x7F]",
    r"\p{L}": r"\w",
    r"\p{N}": r"\d",
    r"\p{Z}": " ",
    r"\z": r"\Z",
}


class Violation(NamedTuple):
    """One member that breaks one constraint."""

    path: str
    value: str
    """As a message shows it: quoted, `null`, or nothing at all for a member that the model calls sensitive."""
    constraint: str

    def __str__(self) -> str:
        value = f"Value {self.value} at" if self.value else "Value at"
        return f"{value} '{self.path}' failed to satisfy constraint: {self.constraint}"


def check(shape: StructureShape, members: dict[str, Any]) -> None:
    """Raise Refusal with every constraint that the input breaks, or Malformed for a value of a wrong type."""
    violations = list(_violations(shape, members, ""))
    if violations:
        count = "1 validation error" if len(violations) == 1 else f"{len(violations)} validation errors"
        raise Refusal(f"{count} detected: {'; '.join(map(str, violations))}")


def _violations(shape: Shape, value: Any, path: str) -> Iterator[Violation]:
    wanted = PYTHON_TYPES[shape.type_name]
    if not isinstance(value, wanted) or (isinstance(value, bool) and shape.type_name != "boolean"):
        raise Malformed(f"{type(value).__name__} at '{path}' cannot be converted to {shape.type_name}")
    yield from (Violation(path, _shown(shape, value), constraint) for constraint in _broken(shape, value))
    inside = INSIDE.get(shape.type_name)
    if inside:
        yield from inside(shape, value, path)


def _broken(shape: Shape, value: Any) -> Iterator[str]:
    metadata = shape.metadata
    measure, size = ("length", len(value)) if hasattr(value, "__len__") else ("value", value)
    if size > metadata.get("max", size):
        yield f"Member must have {measure} less than or equal to {metadata['max']}"
    if size < metadata.get("min", size):
        yield f"Member must have {measure} greater than or equal to {metadata['min']}"
    if "pattern" in metadata and not _pattern(metadata["pattern"]).fullmatch(value):
        yield f"Member must satisfy regular expression pattern: {metadata['pattern']}"
    if "enum" in metadata and value not in metadata["enum"]:
        yield f"Member must satisfy enum value set: [{', '.join(metadata['enum'])}]"


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    for java, python in JAVA_CLASSES.items():
        pattern = pattern.replace(java, python)
    return re.compile(pattern)


def _in_structure(shape: StructureShape, value: dict[str, Any], path: str) -> Iterator[Violation]:
    for name in value.keys() - shape.members.keys():
        yield Violation(_member(path, name), "", "Member is not known to this operation")
    for name, member in shape.members.items():
        if value.get(name) is not None:
            yield from _violations(member, value[name], _member(path, name))
        elif name in shape.required_members:
            yield Violation(_member(path, name), "null", "Member must not be null")


def _in_list(shape: ListShape, value: list[Any], path: str) -> Iterator[Violation]:
    for position, item in enumerate(value, start=1):
        yield from _violations(shape.member, item, f"{path}.{position}.member")


def _in_map(shape: MapShape, value: dict[str, Any], path: str) -> Iterator[Violation]:
    for part, part_shape, parts in (("keys", shape.key, value.keys()), ("value", shape.value, value.values())):
        for item in parts:
            for violation in _violations(part_shape, item, path):
                yield violation._replace(constraint=f"Map {part} must satisfy constraint: [{violation.constraint}]")


INSIDE: dict[str, Callable[[Any, Any, str], Iterator[Violation]]] = {
    "structure": _in_structure,
    "list": _in_list,
    "map": _in_map,
}


def _member(path: str, name: str) -> str:
    name = name[0].lower() + name[1:]
    return f"{path}.{name}" if path else name


def _shown(shape: Shape, value: Any) -> str:
    return "" if shape.metadata.get("sensitive") else f"'{value}'"
