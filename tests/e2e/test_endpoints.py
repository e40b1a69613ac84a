"""Endpoints over HTTP: made, scaled from zero, rescaled, refused, removed, under each function's own role."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from goc.client import Client
from local.cloud import Cloud
from tests.e2e.endpoints import ended, reconcile
from tests.e2e.user import User, soon


@pytest.fixture(scope="module")
def client(cloud: Cloud) -> Iterator[Client]:
    with Client(cloud.api, cloud.key) as client:
        yield client


@pytest.fixture(scope="module")
def endpoint(client: Client) -> Iterator[str]:
    """One without instances while it is idle."""
    name = client.create_endpoint("ml.g5.xlarge", "from-zero", max_instances=2).name
    assert client.wait_for_endpoint(name).status == "InService"
    yield name
    client.delete_endpoint(name, force=True)
    ended(client, name)


def left_on_aws(name: str) -> list[Any]:
    sagemaker, scaling = boto3.client("sagemaker"), boto3.client("application-autoscaling")
    return [
        *sagemaker.list_endpoints(NameContains=name)["Endpoints"],
        *sagemaker.list_models(NameContains=name)["Models"],
        *(each for each in targets(scaling) if name in each["ResourceId"]),
        *boto3.client("cloudwatch").describe_alarms(AlarmNamePrefix=name)["MetricAlarms"],
    ]


def targets(scaling: Any) -> list[Any]:
    return [*scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]]


def test_the_first_endpoint_came_with_the_stack(user: User, cloud: Cloud) -> None:
    answer = user.http.get(f"/endpoints/{cloud.endpoint}")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["instance_type"], body["instances"], body["hourly_usd"]) == ("ml.g5.xlarge", 1, 1.408)


def test_an_idle_endpoint_has_no_instance_and_a_job_starts_one(user: User, endpoint: str, client: Client) -> None:
    soon(lambda: client.endpoint(endpoint).instances == 0)
    order = user.order() | {"endpoint": endpoint}
    first, second = (user.http.post("/jobs", json=order).json() for _ in range(2))
    assert first["waiting_for"] == "instance"
    waiting = user.job(second["id"])
    assert (waiting["status"], waiting["waiting_for"], waiting["ahead"]) == ("queued", "instance", 1)
    done = [user.finished(each["id"]) for each in (first, second)]
    assert [job["status"] for job in done] == ["succeeded"] * 2
    soon(lambda: client.endpoint(endpoint).instances == 1)
    shown = user.http.get(f"/endpoints/{endpoint}").json()
    assert (shown["status"], shown["instances"], shown["backlog"]) == ("InService", 1, 0)

    def of_today() -> int:  # two, unless midnight comes in between
        return sum(job["finished_at"] >= datetime.now(UTC).date().isoformat() for job in done)

    soon(lambda: user.http.get(f"/endpoints/{endpoint}").json()["jobs_today"] == of_today())


def test_it_is_rescaled_at_once(client: Client, endpoint: str) -> None:
    assert client.rescale_endpoint(endpoint, min_instances=1).min_instances == 1
    soon(lambda: client.endpoint(endpoint).instances == 1)
    client.rescale_endpoint(endpoint, min_instances=0)


@pytest.mark.parametrize(
    ("order", "status", "field", "says"),
    [
        ({"instance_type": "ml.p4d.24xlarge"}, 409, "instance_type", "servicequotas"),
        ({"instance_type": "ml.g5.tiny"}, 422, "instance_type", "no such instance type"),
        ({"instance_type": "ml.g5.xlarge", "name": "main"}, 409, "name", "Take another name"),
        ({"instance_type": "ml.g5.xlarge", "max_instances": 9}, 409, "max_instances", "ask for 1 at the most"),
    ],
)
def test_what_is_refused_leaves_nothing(
    user: User, endpoint: str, order: dict[str, Any], status: int, field: str, says: str
) -> None:
    before = [each["name"] for each in user.list("endpoints")]
    answer = user.http.post("/endpoints", json=order)
    assert answer.status_code == status, answer.text
    problem = answer.json()
    assert [each["field"] for each in problem["errors"]] == [field]
    assert says in problem["detail"]
    assert [each["name"] for each in user.list("endpoints")] == before


def test_one_that_aws_has_no_capacity_for_fails_with_the_reason_and_is_removed(client: Client, endpoint: str) -> None:
    name = client.create_endpoint("ml.g5.48xlarge", "huge").name
    failed = ended(client, name)
    assert failed.status == "Failed"
    assert "InsufficientInstanceCapacity" in (failed.reason or "")
    assert left_on_aws(name) == []


def test_one_is_removed_with_all_that_was_made_and_its_jobs_fail(user: User, client: Client, cloud: Cloud) -> None:
    name = client.create_endpoint("ml.g5.xlarge", "short-lived").name
    assert client.wait_for_endpoint(name).status == "InService"
    soon(lambda: client.endpoint(name).instances == 0)
    long = user.order(steps=150, width=512, height=512) | {"endpoint": name}
    job = user.http.post("/jobs", json=long).json()["id"]
    refused = user.http.delete(f"/endpoints/{name}")
    assert (refused.status_code, "?force=true" in refused.json()["detail"]) == (409, True)
    assert user.http.delete(f"/endpoints/{name}", params={"force": "true"}).status_code == 202
    assert ended(client, name).status == "Deleted"
    assert left_on_aws(name) == []
    reconcile()
    failed = user.job(job)
    assert (failed["status"], "Its endpoint was deleted" in failed["error"]) == ("failed", True)
    answer = user.http.post("/jobs", json=long)
    assert (answer.status_code, "is Deleted" in answer.json()["detail"]) == (409, True)
