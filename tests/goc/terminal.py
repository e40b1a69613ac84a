"""A terminal that nobody looks at."""

import os
import pty
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import ioctl
from termios import TIOCSWINSZ

COLUMNS = 100


class Terminal:
    """`end` is what a process takes for its terminal."""

    def __init__(self) -> None:
        self._own, self.end = pty.openpty()
        ioctl(self.end, TIOCSWINSZ, struct.pack("HHHH", 40, COLUMNS, 0, 0))

    def type(self, text: str) -> None:
        os.write(self._own, text.encode())

    def until(self, text: str) -> str:
        """What is shown, up to where it has the text; raises OSError if it ends before that."""
        shown = b""
        while text.encode() not in shown:
            shown += os.read(self._own, 65536)
        return shown.decode()

    def close(self) -> None:
        os.close(self._own)
        os.close(self.end)


@contextmanager
def terminal() -> Iterator[Terminal]:
    opened = Terminal()
    try:
        yield opened
    finally:
        opened.close()
