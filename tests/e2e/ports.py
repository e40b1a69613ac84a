"""Ports that nobody else uses."""

import secrets
import socket

# Below those that the kernel gives to connections: one might take the port between its choice and its use.
PORTS = range(10_000, 30_000)


def free_ports() -> int:
    """A port that is free, and so are the next two."""
    while True:
        port = secrets.choice(PORTS)
        with socket.socket() as first, socket.socket() as second, socket.socket() as third:
            try:
                first.bind(("127.0.0.1", port))
                second.bind(("127.0.0.1", port + 1))
                third.bind(("127.0.0.1", port + 2))
            except OSError:
                continue
            return port
