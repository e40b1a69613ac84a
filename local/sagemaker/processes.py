"""What Python lacks for starting a process that is to serve, and to end with whoever started it."""

import ctypes
import random
import socket
import sys
from itertools import cycle

PR_SET_PDEATHSIG = 1
"""From linux/prctl.h."""

PORTS = range(30_000, 32_768)
"""Below those that Linux gives to connections: one might take the port before a container listens on it."""

# In random order, so that two emulators on one machine seldom choose the same.
_turns = cycle(random.sample(PORTS, len(PORTS)))

# Loaded here, since a fresh fork of a process with threads should do as little as it can.
_libc = ctypes.CDLL(None)


def end_with_parent(signal: int) -> None:
    """Ask the kernel, between fork and exec, to send this process the signal when its parent ends, for any reason.

    Only Linux can. Elsewhere it outlives a parent that was killed hard, and needs killing by hand.
    """
    if sys.platform == "linux":
        _libc.prctl(PR_SET_PDEATHSIG, signal)


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on; it is given out again only after all others."""
    return next(port for port in _turns if is_free(port))


def is_free(port: int) -> bool:
    """Whether nothing listens on that port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: ended connections don't count
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
