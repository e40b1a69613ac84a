"""Models as the API's paths name them."""

from urllib.parse import unquote

from shared.cloud import Cloud
from shared.errors import NotFound
from shared.shapes import MOST_NAME, ModelType
from shared.suggestions import did_you_mean
from shared.tables.models import StoredModel


def record(type: str, name: str, cloud: Cloud) -> StoredModel:
    """The model of that type and name, both as they stand in a path. Raises NotFound."""
    name = unquote(name)  # a REST API passes its path on undecoded
    if type not in list(ModelType):
        raise NotFound(f"There is no type of models {type[:50]!r}.{did_you_mean(type, list(ModelType))}")
    found = cloud.models.get(ModelType(type), name) if len(name) <= MOST_NAME else None
    if not found:
        raise NotFound(f"There is no {type} {name[:MOST_NAME]!r}; GET /models?type={type} lists them.")
    return found
