"""What asyncio has no word for when a container is started as a process."""

import ctypes
import signal
import socket
import sys

PR_SET_PDEATHSIG = 1
"""From linux/prctl.h."""

# Loaded here, since a fresh fork of a process with threads should do as little as it can.
_libc = ctypes.CDLL(None)


def die_with_parent() -> None:
    """Ask the kernel, between fork and exec, to kill this process as soon as the emulator is gone, however it went.

    Only Linux can. Elsewhere a container outlives an emulator that was killed hard, and needs killing by hand.
    """
    if sys.platform == "linux":
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
