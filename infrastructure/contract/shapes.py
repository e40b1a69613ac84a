"""The shapes in the contract: those of all functions, with what their types do not say."""

from collections.abc import Iterable

from pydantic import TypeAdapter

from infrastructure.contract.examples import EXAMPLES
from infrastructure.contract.operations import Json
from shared.errors import Problem
from shared.known_fields import KnownFields
from shared.nulls import names

# Powertools' own, for refusals; this API never answers in that form.
_NEVER_ANSWERED = ("HTTPValidationError", "ValidationError", "ResponseValidationError")


def shapes(parts: Iterable[Json]) -> Json:
    """All shapes by name. Raises ValueError if two of the same name differ."""
    problem = TypeAdapter(Problem).json_schema(ref_template="#/components/schemas/{model}")
    found: Json = problem.pop("$defs") | {"Problem": problem}
    for name, shape in (each for part in parts for each in part.items()):
        if found.setdefault(name, shape) != shape:
            raise ValueError(f"Two functions have a shape {name}, and each another.")
    for body in KnownFields.__subclasses__():  # their types alone would allow any field
        found[body.__name__]["propertyNames"] = {"enum": sorted(names(body))}
    for name, example in EXAMPLES.items():
        found[name]["examples"] = [example]
    return {name: found[name] for name in sorted(found) if name not in _NEVER_ANSWERED}
