import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from lambdas.endpoints import changed, reading, reconciler
from shared.cloud import Cloud
from shared.keys import owner_of
from tests.conftest import EVENTS
from tests.unit.api import ALICE, BOB, Api
from tests.unit.calls import AwsCalls
from tests.unit.sagemaker import FakeSageMaker
from tests.unit.things import add_endpoint, add_job, drawn

CONTEXT = SimpleNamespace(
    function_name="changed", memory_limit_in_mb=1024, invoked_function_arn="arn", aws_request_id="request"
)
NAME = "goc-dev-one"


def tell() -> None:
    changed.handler(json.loads((EVENTS / "endpoint-state-change.json").read_text()), CONTEXT)


def listed(api: Api, **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get("/endpoints", **query).body["endpoints"]
    return found


def test_an_event_stores_what_sagemaker_says_and_not_what_the_event_says(api: Api, sagemaker: FakeSageMaker) -> None:
    sagemaker.become(NAME, "Failed", FailureReason="no luck", CreationTime=1763632000)
    tell()
    (endpoint,) = listed(api)
    assert (endpoint["status"], endpoint["reason"]) == ("Failed", "no luck")
    assert endpoint["created_at"] == "2025-11-20T09:46:40.000Z"


def test_an_endpoint_that_sagemaker_no_longer_knows_is_deleted_and_kept_for_a_day(api: Api, aws: Cloud) -> None:
    """Its unfinished jobs are found by its record, until the last of them is settled."""
    add_endpoint(aws)
    tell()
    (endpoint,) = listed(api)
    assert endpoint["status"] == "Deleted"
    (item,) = aws.dynamodb.scan(TableName="endpoints")["Items"]
    since = aws.endpoints.all()[0].updated_at.timestamp()
    assert int(item["expires"]["N"]) - since == pytest.approx(86_400, abs=5)


def test_an_endpoint_that_nobody_knew_is_not_made_by_its_deletion(api: Api) -> None:
    tell()
    assert listed(api) == []


def test_what_is_older_does_not_overwrite_what_is_newer(
    api: Api, aws: Cloud, sagemaker: FakeSageMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two events at once: the one that asked first may store last."""
    sagemaker.become(NAME, "Creating")
    really = aws.hosting.describe

    def overtaken(name: str) -> Any:
        answer = really(name)
        monkeypatch.undo()
        sagemaker.become(NAME, "InService")
        tell()
        return answer

    monkeypatch.setattr(aws.hosting, "describe", overtaken)
    tell()
    assert listed(api)[0]["status"] == "InService"


def test_an_event_that_comes_twice_changes_nothing(
    api: Api, aws: Cloud, sagemaker: FakeSageMaker, aws_calls: AwsCalls
) -> None:
    sagemaker.become(NAME, "InService")
    tell()
    before = listed(api)
    aws_calls.clear()
    tell()
    assert aws_calls == ["GetItem", "DescribeEndpoint"]
    assert listed(api) == before


def test_who_is_always_overtaken_fails_so_that_the_event_comes_again(
    aws: Cloud, sagemaker: FakeSageMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    sagemaker.become(NAME, "InService")
    monkeypatch.setattr(aws.endpoints, "write", lambda *_: False)
    with pytest.raises(RuntimeError, match="written by others"):
        tell()


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


@pytest.mark.parametrize(("days_later", "of_today"), [(0, 1), (1, 0)])
def test_an_endpoint_shows_its_work_of_all_owners(
    api: Api, aws: Cloud, monkeypatch: pytest.MonkeyPatch, days_later: int, of_today: int
) -> None:
    add_endpoint(aws, instance_type="ml.g5.xlarge")
    add_job(aws)
    add_job(aws, owner=owner_of(BOB))
    done = add_job(aws, owner=owner_of(ALICE))
    settled = aws.jobs.settle(done.key, drawn())
    assert settled
    assert settled.finished_at
    moment = settled.finished_at + timedelta(days=days_later)
    monkeypatch.setattr(reading, "now", lambda: moment)
    answer = api.get(f"/endpoints/{NAME}")
    assert answer.status == 200
    assert (answer.body["backlog"], answer.body["jobs_today"]) == (2, of_today)
    assert answer.body["hourly_usd"] == 1.408


def test_an_endpoint_takes_three_aws_calls(api: Api, aws: Cloud, aws_calls: AwsCalls) -> None:
    add_endpoint(aws)
    aws_calls.clear()
    api.get(f"/endpoints/{NAME}")
    assert aws_calls == ["GetItem", "Query", "Query"]


def test_an_endpoint_that_is_not_there_is_not_found(api: Api) -> None:
    answer = api.get("/endpoints/goc-dev-none")
    assert answer.status == 404
    assert "GET /endpoints" in answer.body["detail"]


def test_a_name_that_no_endpoint_can_have_is_not_looked_for(api: Api, aws_calls: AwsCalls) -> None:
    """A key of a table has 1,024 bytes at the most."""
    place = f"/endpoints/{'a' * 1025}"
    assert [api.get(place).status, api.patch(place, {}).status, api.delete(place).status] == [404, 404, 404]
    assert aws_calls == []


def test_one_that_is_gone_is_shown_for_a_day_however_long_its_record_stays(api: Api, aws: Cloud) -> None:
    """DynamoDB removes what has expired within days, not at once."""
    add_endpoint(aws, status="Deleted", age=2, gone=True)
    add_endpoint(aws, "goc-dev-two", "Deleted", gone=True)
    assert [endpoint["name"] for endpoint in listed(api)] == ["goc-dev-two"]
    assert (api.get(f"/endpoints/{NAME}").status, api.get("/endpoints/goc-dev-two").status) == (404, 200)


def test_what_events_have_missed_is_mended(api: Api, aws: Cloud, sagemaker: FakeSageMaker) -> None:
    add_endpoint(aws, "goc-dev-gone")
    add_endpoint(aws, "goc-dev-changed")
    sagemaker.become("goc-dev-changed", "Failed", FailureReason="lost")
    sagemaker.become("goc-dev-new", "InService")
    sagemaker.become("another-goc-dev-deployment", "InService")
    reconciler.handler({}, CONTEXT)
    assert {each["name"]: each["status"] for each in listed(api)} == {
        "goc-dev-gone": "Deleted",
        "goc-dev-changed": "Failed",
        "goc-dev-new": "InService",
    }


def test_one_endpoint_keeps_no_other_from_being_mended(
    api: Api, aws: Cloud, sagemaker: FakeSageMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("goc-dev-a", "goc-dev-b"):
        sagemaker.become(name, "InService")
    really = aws.hosting.describe

    def broken(name: str) -> Any:
        if name == "goc-dev-a":
            raise ConnectionError
        return really(name)

    monkeypatch.setattr(aws.hosting, "describe", broken)
    with pytest.raises(RuntimeError, match="goc-dev-a could not"):
        reconciler.handler({}, CONTEXT)
    assert [each["name"] for each in listed(api)] == ["goc-dev-b"]
