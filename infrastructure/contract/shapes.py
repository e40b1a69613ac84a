"""The shapes in the contract: those of all functions, and what their types do not say."""

from collections.abc import Iterable

from pydantic import TypeAdapter

from infrastructure.contract.examples import EXAMPLES
from infrastructure.contract.operations import Json
from shared.errors import Problem
from shared.known_fields import KnownFields
from shared.nulls import names

# Powertools' own, of refusals that are never answered so.
_NEVER_ANSWERED = ("HTTPValidationError", "ValidationError", "ResponseValidationError")


def shapes(parts: Iterable[Json]) -> Json:
    """All by name. Raises ValueError where two of one name differ."""
    problem = TypeAdapter(Problem).json_schema(ref_template="#/components/schemas/{model}")
    found: Json = problem.pop("$defs") | {"Problem": problem}
    for name, shape in (each for part in parts for each in part.items()):
        if found.setdefault(name, shape) != shape:
            raise ValueError(f"Two functions have a shape {name}, and each another.")
    for body in KnownFields.__subclasses__():  # by their types alone they would take any field
        found[body.__name__]["propertyNames"] = {"enum": sorted(names(body))}
    for name, example in EXAMPLES.items():
        found[name]["examples"] = [example]
    return {name: found[name] for name in sorted(found) if name not in _NEVER_ANSWERED}
