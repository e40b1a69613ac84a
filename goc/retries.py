"""How often a request is tried again, and after what pause."""

import time
from collections.abc import Callable

import httpx

from goc.failures import Broken

TRIES = 4
FIRST_PAUSE = 1.0  # seconds; each further one is twice as long
LONGEST_PAUSE = 60.0


def pause_before(attempt: int, answer: httpx.Response | None = None) -> None:
    """Wait before that attempt, counted from 0: as long as the answer asks for in Retry-After, if it does."""
    asked = asked_pause(answer) if answer else None
    time.sleep(min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE) if asked is None else asked)


def asked_pause(answer: httpx.Response) -> float | None:
    """The seconds that an answer asks to wait for, if it does."""
    asked = answer.headers.get("Retry-After", "")
    return float(asked) if asked.isdecimal() else None


def answered(send: Callable[[], httpx.Response], repeatable: bool) -> httpx.Response:
    """The answer, or the last of several. What is not repeatable is sent again only after a 429, which did nothing.

    Raises Broken if an answer asks for a longer wait than anybody would sit through.
    """
    for attempt in range(1, TRIES):
        answer = None
        try:
            answer = send()
            if answer.status_code != httpx.codes.TOO_MANY_REQUESTS and not (repeatable and answer.is_server_error):
                return answer
        except Broken:
            if not repeatable:
                raise
        if answer and (asked_pause(answer) or 0) > LONGEST_PAUSE:
            raise Broken(f"{answer.url.host} asks to wait for {_spelt(answer)}: try again then.")
        pause_before(attempt, answer)
    return send()


def _spelt(answer: httpx.Response) -> str:
    """As in `2 minutes`."""
    minutes = round((asked_pause(answer) or 0) / 60)
    return f"{minutes} minute{'s' if minutes != 1 else ''}"
