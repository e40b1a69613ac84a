"""What functions log."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from logging import StreamHandler
from typing import Any, cast

from shared.log import logger


class Log:
    def __init__(self, stream: StringIO) -> None:
        self._stream = stream

    def lines(self, message: str) -> list[dict[str, Any]]:
        """The lines of one message so far."""
        lines = [cast(dict[str, Any], json.loads(line)) for line in self._stream.getvalue().splitlines()]
        return [line for line in lines if line["message"] == message]


@contextmanager
def logged() -> Iterator[Log]:
    """What is logged within. The logger keeps the stdout that it was made with, which is not a test's."""
    stream = StringIO()
    (handler,) = logger.handlers
    assert isinstance(handler, StreamHandler)
    before = handler.setStream(stream)
    yield Log(stream)
    handler.setStream(before)
