"""Orders as they arrive: one that asks for what this image does not know is refused, not drawn without it."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from container.failures import Failure
from shared.shapes import Order


class NoOrder(Failure):
    """What was sent is not an order that this image can draw."""


def read(body: bytes | str) -> Order:
    """An endpoint keeps its image when the API is upgraded, so an order may be newer than this. Raises NoOrder."""
    try:
        return Order.model_validate_json(body, extra="forbid")
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
    if any(len(each["loc"]) < 2 and each["type"] != "extra_forbidden" for each in found):
        raise NoOrder("This is no order as the API sends it.")
    unknown = _unknown(found)
    if not unknown:
        return Order.model_validate_json(body)
    names = ", ".join(map(repr, sorted(unknown)))
    raise NoOrder(
        f"The endpoint's image is older than the API: it does not know what {names} of the order asks for. "
        "Make a new endpoint, which has the image of today, and order from that."
    )


def _unknown(errors: Iterable[Any]) -> set[str]:
    """The names of the fields that matter. One that is off asks for nothing, and a model's are not used."""
    elsewhere, by_task = set[str](), defaultdict[str, set[str]](set)
    for error in errors:
        place, *inner = error["loc"]
        fields = by_task[inner.pop(0)] if place == "parameters" else elsewhere  # errors come for each possible task
        is_extra = error["type"] == "extra_forbidden"
        if not is_extra or (error["input"] and place not in ("checkpoint", "networks")):
            fields.add([name for name in (place, *inner) if isinstance(name, str)][-1])
    return elsewhere | min(by_task.values(), key=len, default=set())
