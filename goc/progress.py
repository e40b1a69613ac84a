"""How far something is: one line that is rewritten on a terminal, a line for every tenth elsewhere."""

import time
from collections.abc import Callable
from typing import Self, TextIO


class Line:
    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._rewritten = out.isatty()
        self._steps = 1000 if self._rewritten else 10
        self._shown: object = None

    def show(self, text: str, share: float, state: str = "") -> None:
        """`share`: how much of it is done, 0 to 1. What is hardly any further than what was shown last is not shown."""
        position = (state, int(share * self._steps))
        if position == self._shown:
            return
        self._shown = position
        self._out.write(f"\r{text}\x1b[K" if self._rewritten else f"{text}\n")
        self._out.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """What is written next begins a line."""
        if self._rewritten and self._shown is not None:
            self._out.write("\n")
            self._out.flush()


class UploadProgress:
    """Percent, MB/s and the time left, by what has been sent since the first call: what was there before took none."""

    def __init__(self, line: Line, clock: Callable[[], float] = time.monotonic) -> None:
        self._line = line
        self._clock = clock
        self._start: tuple[float, int] | None = None

    def __call__(self, done: int, total: int) -> None:
        began, before = self._start = self._start or (self._clock(), done)
        seconds, sent = self._clock() - began, done - before
        text = f"{done / total:4.0%} of {amount(total)}"
        if done == total:
            text += ", being checked"
        elif seconds > 0 and sent > 0:
            text += f", {amount(sent / seconds)}/s, {duration((total - done) * seconds / sent)} left"
        self._line.show(text, done / total)


def amount(size: float) -> str:
    """Of bytes, in decimal units, as in `512.0 MB`."""
    return f"{size / 1e9:.2f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"


def duration(seconds: float) -> str:
    """As in `1:05`, or `2:01:05`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
