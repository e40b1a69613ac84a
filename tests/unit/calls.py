"""AWS calls, counted where botocore makes them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.client import BaseClient

AwsCalls = list[str]


@contextmanager
def counted() -> Iterator[AwsCalls]:
    """The names of the operations called within, whether or not they succeed."""
    calls: AwsCalls = []
    really = BaseClient._make_api_call  # type: ignore[attr-defined]

    def noted(client: BaseClient, operation: str, parameters: Any) -> Any:
        calls.append(operation)
        return really(client, operation, parameters)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", noted)
        yield calls
