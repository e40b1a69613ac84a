"""Keys, from the command that issues one to the gateway that takes it."""

import os
import subprocess
import sys

import httpx

from local.cloud import Cloud
from local.place import ROOT
from tests.waiting import eventually


def keys(*arguments: str) -> str:
    """What the command prints, run as an operator runs it; the local cloud is in its environment."""
    command = [sys.executable, "-m", "goc", "keys", *arguments]
    return subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=True).stdout.strip()


def jobs(cloud: Cloud, key: str) -> httpx.Response:
    return httpx.get(f"{cloud.api}/jobs", headers={"x-api-key": key})


def test_a_key_works_once_it_is_issued_and_no_longer_when_it_is_revoked(cloud: Cloud) -> None:
    key = keys("create", "alice")
    answer = jobs(cloud, key)
    assert answer.status_code == 200
    assert answer.json()["jobs"] == []
    listed = keys("list")
    assert "alice" in listed
    assert key not in listed
    keys("revoke", "alice")
    assert eventually(lambda: jobs(cloud, key).status_code == 403)
    assert "alice" not in keys("list")
    assert jobs(cloud, cloud.key).status_code == 200


def test_the_gateways_refusal_of_a_key_is_a_problem_that_a_web_page_may_read(cloud: Cloud) -> None:
    answer = jobs(cloud, "nobodys")
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json()["detail"] == "The x-api-key header is missing or no key of this API."


def test_a_browser_is_told_which_headers_it_may_send(cloud: Cloud) -> None:
    asked = {"Origin": "https://console.example.org", "Access-Control-Request-Method": "POST"}
    answer = httpx.request("OPTIONS", f"{cloud.api}/jobs", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-headers"] == "x-api-key,content-type,idempotency-key"
