"""When models were last used, to help decide which to remove."""

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
        self._told: dict[str, float] = {}  # when each use was written, by the model's key
        self._thread = ThreadPoolExecutor(max_workers=1)

    def note(self, models: Iterable[Model]) -> Future[None]:
        """Record a use of these, unless done within the hour. No drawing waits for this, or fails because of it."""
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
