import json
import time
from types import SimpleNamespace
from typing import Any

from lambdas.endpoints.changed import handler
from shared.cloud import Cloud
from tests.conftest import EVENTS
from tests.unit.api import Api
from tests.unit.calls import AwsCalls
from tests.unit.sagemaker import FakeSageMaker
from tests.unit.things import add_endpoint

CONTEXT = SimpleNamespace(
    function_name="changed", memory_limit_in_mb=1024, invoked_function_arn="arn", aws_request_id="request"
)


def described(status: str, modified: float = 1763632800, **more: Any) -> dict[str, Any]:
    return {
        "EndpointName": "goc-dev-one",
        "EndpointStatus": status,
        "CreationTime": 1763632000,
        "LastModifiedTime": modified,
    } | more


def tell() -> None:
    handler(json.loads((EVENTS / "endpoint-state-change.json").read_text()), CONTEXT)


def listed(api: Api, **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get("/endpoints", **query).body["endpoints"]
    return found


def test_an_event_stores_what_sagemaker_says_and_not_what_the_event_says(api: Api, sagemaker: FakeSageMaker) -> None:
    sagemaker.endpoint = described("Failed", FailureReason="no capacity")
    tell()
    (endpoint,) = listed(api)
    assert (endpoint["status"], endpoint["reason"]) == ("Failed", "no capacity")
    assert endpoint["created_at"] == "2025-11-20T09:46:40.000Z"


def test_an_endpoint_that_sagemaker_no_longer_knows_is_deleted_and_kept_for_a_day(api: Api, aws: Cloud) -> None:
    """Its unfinished jobs are found by it, until the last of them is settled."""
    add_endpoint(aws)
    tell()
    assert [endpoint["status"] for endpoint in listed(api)] == ["Deleted"]
    (item,) = aws.dynamodb.scan(TableName="endpoints")["Items"]
    assert 86_000 < int(item["expires"]["N"]) - time.time() <= 86_400


def test_an_endpoint_that_nobody_knew_is_not_made_by_its_deletion(api: Api) -> None:
    tell()
    assert listed(api) == []


def test_what_is_older_does_not_overwrite_what_is_newer(api: Api, sagemaker: FakeSageMaker) -> None:
    """Two events at once: the one that asked first may store last."""
    sagemaker.endpoint = described("InService", modified=1763632900)
    tell()
    sagemaker.endpoint = described("Creating", modified=1763632800)
    tell()
    assert listed(api)[0]["status"] == "InService"


def test_endpoints_are_listed_newest_first(api: Api, aws: Cloud) -> None:
    add_endpoint(aws, "goc-dev-older", age=2)
    add_endpoint(aws, "goc-dev-newer", age=1)
    assert [endpoint["name"] for endpoint in listed(api)] == ["goc-dev-newer", "goc-dev-older"]


def test_a_list_can_be_of_one_status(api: Api, aws: Cloud) -> None:
    add_endpoint(aws, "goc-dev-one", "InService")
    add_endpoint(aws, "goc-dev-two", "Creating")
    assert [endpoint["name"] for endpoint in listed(api, status="InService")] == ["goc-dev-one"]


def test_a_list_takes_one_aws_call(api: Api, aws_calls: AwsCalls) -> None:
    listed(api)
    assert aws_calls == ["Query"]
