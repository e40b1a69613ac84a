"""What asyncio has no word for when a container is started as a process."""

import ctypes
import random
import signal
import socket
import sys
from itertools import cycle

PR_SET_PDEATHSIG = 1
"""From linux/prctl.h."""

PORTS = range(30_000, 32_768)
"""Below those that Linux gives to connections, any of which may come before a container listens."""

# In any order, so that two emulators on one machine seldom choose alike.
_turns = cycle(random.sample(PORTS, len(PORTS)))

# Loaded here, since a fresh fork of a process with threads should do as little as it can.
_libc = ctypes.CDLL(None)


def die_with_parent() -> None:
    """Ask the kernel, between fork and exec, to kill this process as soon as the emulator is gone, however it went.

    Only Linux can. Elsewhere a container outlives an emulator that was killed hard, and needs killing by hand.
    """
    if sys.platform == "linux":
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on; it is given out again only after all others were."""
    return next(port for port in _turns if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
