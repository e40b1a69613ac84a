"""Faults on request: notices that come twice, never or late."""

import httpx
import pytest

from tests.local.clients import Client
from tests.local.fake_aws import FakeAws


@pytest.fixture(scope="module")
def endpoint(emulator: Client) -> str:
    return emulator.deploy()


def test_faults_strike_the_next_notices_in_their_order(emulator: Client, aws: FakeAws, endpoint: str) -> None:
    httpx.put(f"{emulator.url}/faults", json={"notices": ["double", "lose"]}).raise_for_status()

    doubled, lost, normal = (emulator.order(endpoint, {}) for _ in range(3))

    aws.notice(normal)
    assert [len(aws.notices(one)) for one in (doubled, lost, normal)] == [2, 0, 1]


def test_a_delayed_notice_is_overtaken_by_the_next(emulator: Client, aws: FakeAws, endpoint: str) -> None:
    httpx.put(f"{emulator.url}/faults", json={"notices": [{"delay": 2}]}).raise_for_status()

    late, prompt = emulator.order(endpoint, {}), emulator.order(endpoint, {})

    aws.notice(late)
    told = [published.notice.get("inferenceId") for published in aws.published]
    assert told.index(prompt) < told.index(late)


def test_the_faults_that_are_left_can_be_seen(emulator: Client, aws: FakeAws, endpoint: str) -> None:
    httpx.put(f"{emulator.url}/faults", json={"notices": ["double", {"delay": 0.1}]}).raise_for_status()

    aws.notice(emulator.order(endpoint, {}))

    assert httpx.get(f"{emulator.url}/faults").json() == {"notices": [{"delay": 0.1}]}
    assert httpx.put(f"{emulator.url}/faults", json={"notices": []}).json() == {"notices": []}


def test_a_fault_of_no_known_kind_is_refused(emulator: Client) -> None:
    assert httpx.put(f"{emulator.url}/faults", json={"notices": ["explode"]}).status_code == 400


def test_the_emulator_says_that_it_is_up(emulator: Client) -> None:
    assert httpx.get(f"{emulator.url}/health").json() == {"status": "up"}
