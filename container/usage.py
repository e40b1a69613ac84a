"""When models were last drawn with, for who wonders which to remove."""

import logging
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic

from botocore.exceptions import BotoCoreError, ClientError

from shared.shapes import Model
from shared.tables.models import USED_AGAIN, Models

log = logging.getLogger(__name__)


class Usage:
    def __init__(self, table: Models) -> None:
        self._table = table
        self._told: dict[str, float] = {}  # by the models' keys, when
        self._thread = ThreadPoolExecutor(max_workers=1)

    def note(self, models: Iterable[Model]) -> Future[None]:
        """Write it, unless that was done within the hour. No drawing waits for it, nor fails for its sake."""
        return self._thread.submit(self._write, [*models])

    def _write(self, models: list[Model]) -> None:
        for model in models:
            told = self._told.get(model.key)
            if told is not None and monotonic() - told < USED_AGAIN.total_seconds():
                continue
            try:
                self._table.used(model)
                self._told[model.key] = monotonic()
            except (ClientError, BotoCoreError) as error:
                log.warning("the use of %s not written: %s", model.key, error)
