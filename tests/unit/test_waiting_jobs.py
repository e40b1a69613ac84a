"""What a job that is queued waits for."""

from shared.cloud import Cloud
from tests.unit.api import Api
from tests.unit.calls import AwsCalls
from tests.unit.lives import NAME
from tests.unit.things import ORDER, add_endpoint, add_model


def test_a_job_that_waits_for_an_instance_says_so(api: Api, aws: Cloud) -> None:
    add_model(aws)
    add_endpoint(aws, instances=0)
    first, second = (api.post("/jobs", ORDER).body for _ in range(2))
    assert first["waiting_for"] == "instance"
    waits = [api.get(f"/jobs/{job['id']}").body for job in (first, second)]
    assert [(job["waiting_for"], job["ahead"]) for job in waits] == [("instance", 0), ("instance", 1)]
    key = aws.jobs.unfinished(NAME).__next__().key
    aws.jobs.claim(key, "one")
    waits = [api.get(f"/jobs/{job['id']}").body for job in (first, second)]
    assert [(job["waiting_for"], job["ahead"]) for job in waits] == [(None, None), ("turn", 1)]


def test_a_job_waits_its_turn_where_there_is_an_instance(api: Api, aws: Cloud, aws_calls: AwsCalls) -> None:
    add_model(aws)
    add_endpoint(aws, instances=1)
    first, second = (api.post("/jobs", ORDER).body for _ in range(2))
    aws_calls.clear()
    assert (first["waiting_for"], api.get(f"/jobs/{first['id']}").body["waiting_for"]) == (None, None)
    assert aws_calls == ["GetItem", "Query"]
    assert api.get(f"/jobs/{second['id']}").body["waiting_for"] == "turn"
