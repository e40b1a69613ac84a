"""The ports that containers are given, which nobody else may take before they listen there."""

import socket
from pathlib import Path

import pytest

from local.sagemaker.processes import PORTS, free_port

KERNEL = Path("/proc/sys/net/ipv4/ip_local_port_range")


@pytest.mark.skipif(not KERNEL.exists(), reason="only Linux says which ports it gives to connections")
def test_no_connection_is_given_a_containers_port() -> None:
    least, _ = map(int, KERNEL.read_text().split())
    assert free_port() in PORTS
    assert max(PORTS) < least


def test_no_port_is_given_to_the_next_container_before_the_last_one_listens() -> None:
    given = [free_port() for _ in range(200)]
    assert len(given) == len({*given})


def test_a_port_that_something_listens_on_is_passed_over() -> None:
    with socket.create_server(("127.0.0.1", free_port())) as listener:
        taken = listener.getsockname()[1]
        assert taken not in [free_port() for _ in PORTS]
