"""Models as the check leaves them."""

from typing import Any

from tests.unit import bucket
from tests.unit.api import Api


def checked(api: Api, type: str, content: bytes, file: str = "one.safetensors") -> dict[str, Any]:
    """The model of that file, once its event has come."""
    bucket.put(f"models/{type}/{file}", content)
    bucket.tell(f"models/{type}/{file}")
    model: dict[str, Any] = api.get(f"/models/{type}/{file}").body
    return model
