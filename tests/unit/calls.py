"""AWS calls, counted where botocore makes them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.client import BaseClient

AwsCalls = list[str]


class Killed(BaseException):
    """A function was stopped, as where its time is over: nothing in it can catch that."""


def stop_after(calls: int, act: Callable[[], object]) -> None:
    """Act, and be stopped where an AWS call more would be made; fails where none would be."""
    really = BaseClient._make_api_call  # type: ignore[attr-defined]
    made: AwsCalls = []

    def until(client: BaseClient, operation: str, parameters: Any) -> Any:
        if len(made) == calls:
            raise Killed
        made.append(operation)
        return really(client, operation, parameters)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", until)
        with pytest.raises(Killed):
            act()


@contextmanager
def refusing(codes: Mapping[str, str]) -> Iterator[None]:
    """AWS refuses these operations within, each with its code, in words that nobody knows."""
    really = BaseClient._make_api_call  # type: ignore[attr-defined]

    def refused(client: BaseClient, operation: str, parameters: Any) -> Any:
        if operation not in codes:
            return really(client, operation, parameters)
        error = {"Error": {"Code": codes[operation], "Message": "Words."}}
        refusal: Any = client.exceptions.from_code(codes[operation])
        raise refusal(error, operation)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", refused)
        yield


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
