"""The shapes in the contract: those of all functions, and what their types do not say."""

from collections.abc import Iterable

from pydantic import TypeAdapter

from infrastructure.contract.examples import EXAMPLES
from infrastructure.contract.operations import Json
from lambdas.endpoints.requests import CreateEndpoint, RescaleEndpoint
from lambdas.jobs.orders import OrderedNetworks, SubmitJob
from lambdas.models.requests import UploadModel
from lambdas.uploads.routes import UploadPicture
from shared.controlnet import Unit
from shared.errors import Problem
from shared.nulls import names
from shared.webui import Img2Img, Txt2Img

# They refuse by a validator, so as to say what was meant; their types alone would take any field.
_KNOW_THEIR_FIELDS = (
    SubmitJob,
    OrderedNetworks,
    Txt2Img,
    Img2Img,
    Unit,
    UploadModel,
    UploadPicture,
    CreateEndpoint,
    RescaleEndpoint,
)

# Powertools' own, of refusals that are never answered so.
_NEVER_ANSWERED = ("HTTPValidationError", "ValidationError", "ResponseValidationError")


def shapes(parts: Iterable[Json]) -> Json:
    """All by name. Raises ValueError where two of one name differ."""
    problem = TypeAdapter(Problem).json_schema(ref_template="#/components/schemas/{model}")
    found: Json = problem.pop("$defs") | {"Problem": problem}
    for name, shape in (each for part in parts for each in part.items()):
        if found.setdefault(name, shape) != shape:
            raise ValueError(f"Two functions have a shape {name}, and each another.")
    for model in _KNOW_THEIR_FIELDS:
        found[model.__name__]["propertyNames"] = {"enum": sorted(names(model))}
    for name, example in EXAMPLES.items():
        found[name]["examples"] = [example]
    return {name: found[name] for name in sorted(found) if name not in _NEVER_ANSWERED}
