"""Null as the WebUI's clients send it: for a field that they leave at its default."""

from functools import cache
from typing import Any

from pydantic import AliasChoices, BaseModel, model_validator


class NullIsDefault(BaseModel):
    """A body in which a known field that is null counts as left out, under whichever of its names."""

    @model_validator(mode="before")
    @classmethod
    def _leave_nulls_out(cls, body: Any) -> Any:
        if not isinstance(body, dict):
            return body
        return {name: value for name, value in body.items() if value is not None or name not in names(cls)}


@cache
def names(body: type[BaseModel]) -> frozenset[str]:
    """Every name that a field of the body may come under."""
    found = set(body.model_fields)
    for field in body.model_fields.values():
        alias = field.validation_alias
        if alias:
            found.update(map(str, alias.choices if isinstance(alias, AliasChoices) else [alias]))
    return frozenset(found)
