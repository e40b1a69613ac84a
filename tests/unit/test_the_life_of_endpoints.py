"""From POST /endpoints to Deleted, with SageMaker's events in between, and functions that are stopped half-way."""

from typing import Any

import boto3
import pytest

from lambdas.endpoints import life
from shared.cloud import Cloud
from shared.shapes import now
from shared.tables.endpoints import StoredEndpoint
from tests.unit.api import Answer, Api
from tests.unit.calls import AwsCalls, refusing, stop_after
from tests.unit.refused import Refused
from tests.unit.sagemaker import FakeSageMaker
from tests.unit.things import ORDER, add_endpoint, add_job, add_model

NAME = "goc-dev-one"
WANTED = {"name": "one", "instance_type": "ml.g5.xlarge", "min_instances": 0, "max_instances": 2}
QUOTA = (
    "The account-level service limit 'ml.g5.xlarge for endpoint usage' is 0 Instances, with current utilization of 0 "
    "Instances and a request delta of 1 Instances."
)


@pytest.fixture(autouse=True)
def _nothing_is_left(aws: Cloud) -> Any:
    yield
    boto3.client("cloudwatch").delete_alarms(AlarmNames=[each["AlarmName"] for each in alarms()])


def alarms() -> list[Any]:
    found = boto3.client("cloudwatch").describe_alarms()["MetricAlarms"]
    return [*found]


def create(api: Api, **fields: Any) -> Answer:
    return api.post("/endpoints", WANTED | fields)


def serve(aws: Cloud, sagemaker: FakeSageMaker, name: str = NAME) -> None:
    sagemaker.become(name, "InService")
    life.carry_on(name, aws)


def status(api: Api, name: str = NAME) -> str:
    body = api.get(f"/endpoints/{name}").body
    return str(body.get("title") if body["status"] == 404 else body["status"])


def left(sagemaker: FakeSageMaker) -> list[str]:
    """What there is of endpoints on AWS."""
    return [
        *sagemaker.models,
        *sagemaker.configs,
        *sagemaker.endpoints,
        *sagemaker.scaling.targets,
        *map(str, alarms()),
    ]


def test_an_endpoint_is_made_of_what_was_asked_for(api: Api, sagemaker: FakeSageMaker) -> None:
    answer = create(api)
    assert (answer.status, answer.headers["Location"]) == (202, [f"endpoints/{NAME}"])
    assert (answer.body["name"], answer.body["status"], answer.body["hourly_usd"]) == (NAME, "Creating", 1.408)
    (variant,) = sagemaker.configs[NAME]["ProductionVariants"]
    assert (variant["InstanceType"], variant["InitialInstanceCount"]) == ("ml.g5.xlarge", 1)
    container = sagemaker.models[NAME]["PrimaryContainer"]
    assert container["Image"] == "123456789012.dkr.ecr.us-east-1.amazonaws.com/goc:1"
    assert container["Environment"] == {
        "BUCKET": "bucket",
        "JOBS_TABLE": "jobs",
        "MODELS_TABLE": "models",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    topics = sagemaker.configs[NAME]["AsyncInferenceConfig"]["OutputConfig"]["NotificationConfig"]
    assert topics["SuccessTopic"].endswith(":success")
    for made in (sagemaker.models, sagemaker.configs, sagemaker.endpoints):
        assert made[NAME]["Tags"] == [{"Key": "generate-on-cloud", "Value": "dev"}]


def test_one_without_a_name_is_given_one(api: Api) -> None:
    names = {api.post("/endpoints", {"instance_type": "ml.g5.xlarge"}).body["name"] for _ in range(2)}
    assert len(names) == 2
    assert all(name.startswith("goc-dev-") for name in names)


def test_it_takes_few_aws_calls(api: Api, aws_calls: AwsCalls) -> None:
    create(api)
    assert aws_calls == [
        *["GetItem", "GetItem", "Query", "TransactWriteItems"],  # its name, the turn, the room that there is
        *["GetItem", "DescribeEndpoint", "CreateModel", "CreateEndpointConfig", "CreateEndpoint"],
    ]


def test_it_is_scaled_once_it_is_in_service(api: Api, aws: Cloud, sagemaker: FakeSageMaker) -> None:
    create(api, backlog_per_instance=7)
    life.carry_on(NAME, aws)
    assert sagemaker.scaling.targets == {}
    serve(aws, sagemaker)
    assert status(api) == "InService"
    target = sagemaker.scaling.targets[f"endpoint/{NAME}/variant/all"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (0, 2)
    tracking = sagemaker.scaling.policies[f"{NAME}-backlog"]["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["TargetValue"] == 7
    (alarm,) = [each for each in alarms() if each["MetricName"] == "HasBacklogWithoutCapacity"]
    (action,) = alarm["AlarmActions"]
    assert action.endswith(f":{NAME}-from-zero")
    assert sagemaker.scaling.policies[f"{NAME}-from-zero"]["PolicyType"] == "StepScaling"
    assert NAME in alarm["AlarmName"]
    assert [*sagemaker.scaling.tags.values()] == [{"generate-on-cloud": "dev"}]


def test_one_that_can_not_be_scaled_takes_jobs_all_the_same_and_its_event_fails(
    api: Api, aws: Cloud, sagemaker: FakeSageMaker
) -> None:
    create(api)
    sagemaker.scaling.refusals["PutScalingPolicy"] = ("ValidationException", "no such metric")
    with pytest.raises(Exception, match="no such metric"):
        serve(aws, sagemaker)
    assert status(api) == "InService"
    reason = api.get(f"/endpoints/{NAME}").body["reason"]
    assert "keeps the instances that it has, idle or not" in reason
    assert "no such metric" in reason
    sagemaker.scaling.refusals.clear()
    life.carry_on(NAME, aws)
    assert len(sagemaker.scaling.policies) == 3
    assert api.get(f"/endpoints/{NAME}").body["reason"] is None


@pytest.mark.parametrize("scaled", ["Updating", "RollingBack"])
def test_while_it_is_only_scaled_it_takes_jobs(api: Api, aws: Cloud, sagemaker: FakeSageMaker, scaled: str) -> None:
    create(api)
    serve(aws, sagemaker)
    for instances, desired in ((0, 1), (1, 1)):  # the end of a change has both alike
        sagemaker.become(NAME, scaled, instances, desired)
        life.carry_on(NAME, aws)
        body = api.get(f"/endpoints/{NAME}").body
        assert (body["status"], body["instances"], body["desired_instances"]) == ("InService", instances, desired)


def test_while_it_is_given_a_new_config_it_shows_so(api: Api, aws: Cloud, sagemaker: FakeSageMaker) -> None:
    create(api)
    serve(aws, sagemaker)
    sagemaker.become(NAME, "Updating", 1, 2, PendingDeploymentSummary={"EndpointConfigName": "other"})
    life.carry_on(NAME, aws)
    assert status(api) == "Updating"


def test_one_that_another_function_makes_at_the_same_moment_is_taken_for_made(
    api: Api, sagemaker: FakeSageMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It used up the quota: AWS says nothing else of the second."""
    really = sagemaker.answer

    def overtaken(operation: str, members: dict[str, Any]) -> dict[str, Any]:
        if operation == "CreateEndpoint":
            really(operation, members)
            raise Refused("ResourceLimitExceeded", QUOTA)
        return really(operation, members)

    monkeypatch.setattr(sagemaker, "answer", overtaken)
    assert (create(api).status, [*sagemaker.endpoints]) == (202, [NAME])


@pytest.mark.parametrize("operation", ["CreateModel", "CreateEndpointConfig", "CreateEndpoint"])
def test_what_aws_refuses_is_told_and_leaves_nothing(api: Api, sagemaker: FakeSageMaker, operation: str) -> None:
    sagemaker.refusals[operation] = ("ResourceLimitExceeded", QUOTA)
    answer = create(api)
    assert (answer.status, answer.fields) == (409, ["instance_type"])
    assert "'ml.g5.xlarge for endpoint usage' is 0 Instances" in answer.body["detail"]
    assert "servicequotas" in answer.body["detail"]
    assert left(sagemaker) == []
    assert api.get("/endpoints").body["endpoints"] == []
    sagemaker.refusals.clear()
    assert create(api).status == 202


def test_an_instance_type_that_sagemaker_has_not_is_named(api: Api, sagemaker: FakeSageMaker) -> None:
    words = "1 validation error detected: Value 'ml.g5.small' at 'productionVariants.1.member.instanceType' failed"
    sagemaker.refusals["CreateEndpointConfig"] = ("ValidationException", words)
    answer = create(api, instance_type="ml.g5.small")
    assert (answer.status, answer.fields) == (422, ["instance_type"])
    assert left(sagemaker) == []


def test_a_fault_at_aws_is_no_refusal_and_the_reconciler_goes_on(
    api: Api, aws: Cloud, sagemaker: FakeSageMaker
) -> None:
    sagemaker.refusals["CreateEndpoint"] = ("AccessDeniedException", "not authorized")
    with pytest.raises(Exception, match="not authorized"):
        create(api)
    sagemaker.refusals.clear()
    life.carry_on(NAME, aws)
    assert [*sagemaker.endpoints] == [NAME]


def test_one_that_can_not_come_up_is_removed_and_tells_why(api: Api, aws: Cloud, sagemaker: FakeSageMaker) -> None:
    create(api)
    capacity = "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error."
    sagemaker.become(NAME, "Failed", FailureReason=capacity)
    life.carry_on(NAME, aws)
    assert status(api) == "Deleting"
    del sagemaker.endpoints[NAME]
    life.carry_on(NAME, aws)
    body = api.get(f"/endpoints/{NAME}").body
    assert body["status"] == "Failed"
    assert "InsufficientInstanceCapacity" in body["reason"]
    assert "another instance type" in body["reason"]
    assert left(sagemaker) == []
    assert create(api).status == 202  # its name is free again


def test_another_look_while_a_failed_one_is_removed_does_not_lose_why(
    api: Api, aws: Cloud, sagemaker: FakeSageMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(api)
    sagemaker.become(NAME, "Failed", FailureReason="no luck")
    really = aws.hosting.delete_endpoint

    def overtaken(name: str) -> None:
        really(name)
        monkeypatch.undo()
        del sagemaker.endpoints[name]
        life.carry_on(name, aws)

    monkeypatch.setattr(aws.hosting, "delete_endpoint", overtaken)
    life.carry_on(NAME, aws)
    assert (status(api), api.get(f"/endpoints/{NAME}").body["reason"]) == ("Failed", "no luck")


@pytest.mark.parametrize("calls", range(9))
def test_a_creation_that_is_stopped_half_way_is_carried_on(
    api: Api, aws: Cloud, sagemaker: FakeSageMaker, calls: int
) -> None:
    stop_after(calls, lambda: create(api))
    if calls < 4:
        assert create(api).status == 202  # nothing had been written
    else:
        life.carry_on(NAME, aws)
    assert ([*sagemaker.models], [*sagemaker.configs], [*sagemaker.endpoints]) == ([NAME], [NAME], [NAME])


@pytest.mark.parametrize("calls", range(13))
def test_scaling_that_is_stopped_half_way_is_carried_on(
    api: Api, aws: Cloud, sagemaker: FakeSageMaker, calls: int
) -> None:
    create(api)
    sagemaker.become(NAME, "InService")
    stop_after(calls, lambda: life.carry_on(NAME, aws))
    life.carry_on(NAME, aws)
    assert (len(sagemaker.scaling.targets), len(sagemaker.scaling.policies), len(alarms())) == (1, 3, 2)


@pytest.mark.parametrize("calls", range(7))
def test_a_creation_that_is_refused_and_stopped_half_way_leaves_nothing(
    api: Api, aws: Cloud, sagemaker: FakeSageMaker, calls: int
) -> None:
    sagemaker.refusals["CreateEndpoint"] = ("ResourceLimitExceeded", QUOTA)
    stop_after(9 + calls, lambda: create(api))
    life.carry_on(NAME, aws)
    assert left(sagemaker) == []
    assert status(api) in ("Failed", "Not Found")


@pytest.mark.parametrize("calls", range(4, 9))
def test_where_nobody_waits_for_it_a_refusal_is_kept(
    api: Api, aws: Cloud, sagemaker: FakeSageMaker, calls: int
) -> None:
    stop_after(calls, lambda: create(api))
    sagemaker.refusals["CreateEndpoint"] = ("ResourceLimitExceeded", QUOTA)
    life.carry_on(NAME, aws)
    assert status(api) == "Failed"
    assert "servicequotas" in api.get(f"/endpoints/{NAME}").body["reason"]
    assert left(sagemaker) == []
    assert api.delete(f"/endpoints/{NAME}").body["status"] == "Deleted"


def test_a_name_that_is_taken_is_refused(api: Api, aws: Cloud, sagemaker: FakeSageMaker) -> None:
    create(api)
    for body in (WANTED, WANTED | {"name": NAME}):
        answer = api.post("/endpoints", body)
        assert (answer.status, answer.fields) == (409, ["name"])
        assert "is Creating" in answer.body["detail"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"instance_type": "g5.xlarge"}, "instance_type"),
        ({"instance_type": None}, "instance_type"),
        ({"min_instances": -1}, "min_instances"),
        ({"min_instances": 3}, "min_instances"),
        ({"max_instances": 0}, "max_instances"),
        ({"backlog_per_instance": 0}, "backlog_per_instance"),
        ({"name": "-one"}, "name"),
        ({"name": "One"}, "name"),
        ({"name": "o" * 60}, "name"),
        ({"image": "docker.io/goc"}, "image"),
        ({"max_instancs": 1}, "max_instancs"),
    ],
)
def test_a_wrong_field_is_named(api: Api, sagemaker: FakeSageMaker, fields: dict[str, Any], field: str) -> None:
    answer = create(api, **fields)
    assert (answer.status, answer.fields) == (422, [field])
    assert left(sagemaker) == []


def test_there_are_no_more_endpoints_than_the_deployment_may_have(api: Api) -> None:
    for number in range(3):
        assert create(api, name=str(number), max_instances=1).status == 202
    answer = create(api, name="four", max_instances=1)
    assert answer.status == 409
    assert "most_endpoints" in answer.body["detail"]


def test_there_are_no_more_instances_than_the_deployment_may_have(api: Api, sagemaker: FakeSageMaker) -> None:
    create(api, name="a", max_instances=3)
    answer = create(api, max_instances=2)
    assert (answer.status, answer.fields) == (409, ["max_instances"])
    assert "ask for 1 at the most" in answer.body["detail"]
    assert [*sagemaker.endpoints] == ["goc-dev-a"]


def test_two_that_are_ordered_at_once_are_counted_both(api: Api, aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    really = aws.endpoints.all

    def meanwhile() -> Any:
        found = really()
        monkeypatch.undo()
        assert create(api, name="other", max_instances=3).status == 202
        return found

    monkeypatch.setattr(aws.endpoints, "all", meanwhile)
    assert create(api, max_instances=2).status == 409


def test_one_that_grows_no_further_needs_no_room(api: Api, aws: Cloud) -> None:
    """The deployment's limits may be lower by now."""
    add_endpoint(aws, "goc-dev-large", instance_type="ml.g5.xlarge", max_instances=50)
    add_endpoint(aws, NAME, instance_type="ml.g5.xlarge", min_instances=0, max_instances=40, backlog_per_instance=5)
    for change in ({"max_instances": 30}, {"backlog_per_instance": 9}):
        assert api.patch(f"/endpoints/{NAME}", change).status == 200
    assert api.patch(f"/endpoints/{NAME}", {"max_instances": 31}).status == 409


def test_one_that_is_gone_takes_up_no_room(api: Api, aws: Cloud) -> None:
    add_endpoint(aws, "goc-dev-old", "Deleted", gone=True, max_instances=4)
    assert create(api).status == 202


def test_it_is_rescaled(api: Api, aws: Cloud, sagemaker: FakeSageMaker) -> None:
    create(api)
    serve(aws, sagemaker)
    answer = api.patch(f"/endpoints/{NAME}", {"min_instances": 1, "max_instances": 4})
    assert (answer.status, answer.body["min_instances"], answer.body["max_instances"]) == (200, 1, 4)
    (target,) = sagemaker.scaling.targets.values()
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 4)
    assert api.patch(f"/endpoints/{NAME}", {"max_instances": 5}).fields == ["max_instances"]
    assert api.patch(f"/endpoints/{NAME}", {"max_instances": 5}).status == 409
    assert api.patch(f"/endpoints/{NAME}", {"min_instances": 5}).status == 422
    assert api.patch(f"/endpoints/{NAME}", {"instance_type": "ml.g5.xlarge"}).fields == ["instance_type"]


@pytest.mark.parametrize("calls", range(12))
def test_rescaling_that_is_stopped_half_way_is_made_by_the_same_again(
    api: Api, aws: Cloud, sagemaker: FakeSageMaker, calls: int
) -> None:
    create(api)
    serve(aws, sagemaker)
    stop_after(calls, lambda: api.patch(f"/endpoints/{NAME}", {"max_instances": 3}))
    assert api.patch(f"/endpoints/{NAME}", {"max_instances": 3}).status == 200
    (target,) = sagemaker.scaling.targets.values()
    assert target["MaxCapacity"] == 3


def test_only_one_that_serves_and_was_made_here_is_rescaled(api: Api, aws: Cloud) -> None:
    create(api)
    answer = api.patch(f"/endpoints/{NAME}", {"max_instances": 1})
    assert (answer.status, "Creating" in answer.body["detail"]) == (409, True)
    add_endpoint(aws, "goc-dev-other")
    answer = api.patch("/endpoints/goc-dev-other", {"max_instances": 1})
    assert (answer.status, "not made by this API" in answer.body["detail"]) == (409, True)
    assert api.patch("/endpoints/none", {"max_instances": 1}).status == 404


def gone(api: Api, aws: Cloud, sagemaker: FakeSageMaker) -> None:
    """Let SageMaker delete what it was told to."""
    assert sagemaker.endpoints[NAME]["EndpointStatus"] == "Deleting"
    del sagemaker.endpoints[NAME]
    life.carry_on(NAME, aws)
    assert status(api) == "Deleted"
    assert left(sagemaker) == []


def test_it_is_deleted_with_all_that_was_made_for_it(api: Api, aws: Cloud, sagemaker: FakeSageMaker) -> None:
    create(api)
    serve(aws, sagemaker)
    answer = api.delete(f"/endpoints/{NAME}")
    assert (answer.status, answer.body["status"]) == (202, "Deleting")
    assert (sagemaker.scaling.targets, alarms()) == ({}, [])  # before the endpoint, which they would start again
    gone(api, aws, sagemaker)
    assert api.delete(f"/endpoints/{NAME}").body["status"] == "Deleted"  # and again
    assert create(api).status == 202


def test_scaling_that_is_gone_already_is_taken_for_removed(api: Api, aws: Cloud, sagemaker: FakeSageMaker) -> None:
    create(api)
    serve(aws, sagemaker)
    with refusing({"DeleteAlarms": "ResourceNotFound", "DeregisterScalableTarget": "ObjectNotFoundException"}):
        assert api.delete(f"/endpoints/{NAME}").body["status"] == "Deleting"


@pytest.mark.parametrize("calls", range(7))
def test_a_deletion_that_is_stopped_half_way_is_carried_on(
    api: Api, aws: Cloud, sagemaker: FakeSageMaker, calls: int
) -> None:
    create(api)
    serve(aws, sagemaker)
    stop_after(calls, lambda: api.delete(f"/endpoints/{NAME}"))
    if calls < 3:
        assert status(api) == "InService"
        api.delete(f"/endpoints/{NAME}")
    else:
        life.carry_on(NAME, aws)
    gone(api, aws, sagemaker)


@pytest.mark.parametrize("calls", range(6))
def test_the_end_of_a_deletion_that_is_stopped_is_carried_on(
    api: Api, aws: Cloud, sagemaker: FakeSageMaker, calls: int
) -> None:
    create(api)
    serve(aws, sagemaker)
    api.delete(f"/endpoints/{NAME}")
    del sagemaker.endpoints[NAME]
    stop_after(calls, lambda: life.carry_on(NAME, aws))
    life.carry_on(NAME, aws)
    assert (status(api), left(sagemaker)) == ("Deleted", [])


def test_two_deletions_at_once_are_one(api: Api, aws: Cloud, sagemaker: FakeSageMaker) -> None:
    create(api)
    serve(aws, sagemaker)
    answers = [api.delete(f"/endpoints/{NAME}") for _ in range(2)]
    assert [(each.status, each.body["status"]) for each in answers] == [(202, "Deleting")] * 2
    gone(api, aws, sagemaker)


def test_one_that_is_being_created_goes_as_soon_as_that_is_done(api: Api, aws: Cloud, sagemaker: FakeSageMaker) -> None:
    create(api)
    assert api.delete(f"/endpoints/{NAME}").body["status"] == "Deleting"
    assert sagemaker.endpoints[NAME]["EndpointStatus"] == "Creating"
    serve(aws, sagemaker)
    assert status(api) == "Deleting"
    gone(api, aws, sagemaker)


def test_one_that_is_deleted_while_its_order_is_carried_out_goes_too(
    api: Api, aws: Cloud, sagemaker: FakeSageMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = aws.hosting.make

    def overtaken(endpoint: StoredEndpoint) -> None:
        monkeypatch.undo()
        assert api.delete(f"/endpoints/{NAME}").body["status"] == "Deleting"
        really(endpoint)

    monkeypatch.setattr(aws.hosting, "make", overtaken)
    assert create(api).status == 202
    serve(aws, sagemaker)
    gone(api, aws, sagemaker)


def test_one_that_sagemaker_never_had_is_deleted_once_nobody_can_be_making_it(
    api: Api, aws: Cloud, sagemaker: FakeSageMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_after(6, lambda: create(api))
    assert api.delete(f"/endpoints/{NAME}").body["status"] == "Deleting"
    life.carry_on(NAME, aws)
    assert status(api) == "Deleting"
    monkeypatch.setattr(life, "now", lambda: now() + life.MAKING)
    life.carry_on(NAME, aws)
    assert (status(api), left(sagemaker)) == ("Deleted", [])


def test_one_with_jobs_that_are_not_done_is_deleted_only_by_force(
    api: Api, aws: Cloud, sagemaker: FakeSageMaker
) -> None:
    create(api)
    serve(aws, sagemaker)
    job = add_job(aws)
    answer = api.delete(f"/endpoints/{NAME}")
    assert answer.status == 409
    assert "?force=true" in answer.body["detail"]
    assert api.delete(f"/endpoints/{NAME}", force="true").status == 202
    gone(api, aws, sagemaker)
    assert create(api).fields == ["name"]  # else the job would wait for the new one for ever
    aws.jobs.cancel(job.key)
    assert create(api).status == 202


def test_one_that_was_removed_by_hand_leaves_nothing(api: Api, aws: Cloud, sagemaker: FakeSageMaker) -> None:
    create(api)
    serve(aws, sagemaker)
    del sagemaker.endpoints[NAME]
    life.carry_on(NAME, aws)
    assert (status(api), left(sagemaker)) == ("Deleted", [])


def test_one_made_by_hand_with_the_name_of_one_that_is_gone_is_listed(
    api: Api, aws: Cloud, sagemaker: FakeSageMaker
) -> None:
    add_endpoint(aws, NAME, "Deleted", gone=True, instance_type="ml.g5.xlarge")
    sagemaker.become(NAME, "InService")
    life.carry_on(NAME, aws)
    body = api.get(f"/endpoints/{NAME}").body
    assert (body["status"], body["instance_type"]) == ("InService", None)


def test_there_is_nothing_to_delete_of_what_is_not_there(api: Api) -> None:
    assert api.delete("/endpoints/none").status == 404


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
