"""How often the same is tried again, and after which pause."""

import time
from collections.abc import Callable

import httpx

from goc.failures import Broken

TRIES = 4
FIRST_PAUSE = 1.0  # seconds; each further one is twice as long
LONGEST_PAUSE = 60.0


def pause_before(attempt: int, answer: httpx.Response | None = None) -> None:
    """Before the attempt of that number, counted from 0; as long as the answer asks for in Retry-After, if it does."""
    asked = answer.headers.get("Retry-After", "") if answer else ""
    seconds = float(asked) if asked.isdecimal() else FIRST_PAUSE * 2 ** (attempt - 1)
    time.sleep(min(seconds, LONGEST_PAUSE))


def answered(send: Callable[[], httpx.Response], repeatable: bool) -> httpx.Response:
    """The answer, or the last of several. What is not repeatable is sent again after a 429 only: that did nothing."""
    for attempt in range(1, TRIES):
        answer = None
        try:
            answer = send()
            if answer.status_code != httpx.codes.TOO_MANY_REQUESTS and not (repeatable and answer.is_server_error):
                return answer
        except Broken:
            if not repeatable:
                raise
        pause_before(attempt, answer)
    return send()
