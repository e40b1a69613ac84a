"""AWS calls, counted where botocore makes them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest
from botocore.client import BaseClient

AwsCalls = list[str]


class Killed(BaseException):
    """A function was stopped, as if its time was over: nothing in it can catch that."""


def stops(begin: Callable[[], object], act: Callable[[], object]) -> Iterator[int]:
    """Begin, act, and be stopped before its first AWS call; then all of it anew, stopped before the second, and so on.

    Each time, the test goes on from there, given how many calls were made. It ends when nothing stops it any more.
    """
    for calls in count():
        begin()
        if not _is_stopped_after(calls, act):
            return
        yield calls


def stop_after(calls: int, act: Callable[[], object]) -> None:
    """Act, and be stopped where one more AWS call would be made; fails if none would be."""
    assert _is_stopped_after(calls, act), f"it makes no more than {calls} calls"


def _is_stopped_after(calls: int, act: Callable[[], object]) -> bool:
    really = BaseClient._make_api_call  # type: ignore[attr-defined]
    made: AwsCalls = []

    def until(client: BaseClient, operation: str, parameters: Any) -> Any:
        if len(made) == calls:
            raise Killed
        made.append(operation)
        return really(client, operation, parameters)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", until)
        try:
            act()
        except Killed:
            return True
    return False


@contextmanager
def refusing(codes: Mapping[str, str]) -> Iterator[None]:
    """Within, AWS refuses these operations, each with its code and with words that mean nothing."""
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
