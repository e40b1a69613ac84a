"""POST /endpoints: what is made and refused, and what becomes of a creation that is stopped half-way."""

from collections.abc import Callable
from typing import Any

import pytest

from lambdas.endpoints import life
from shared.cloud import Cloud
from tests.unit.api import Api
from tests.unit.calls import AwsCalls, stops
from tests.unit.lives import NAME, QUOTA, WANTED, create, left, status
from tests.unit.refused import Refused
from tests.unit.sagemaker import FakeSageMaker
from tests.unit.things import add_endpoint

pytestmark = pytest.mark.usefixtures("without_alarms")


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
        "GPU": "1",
    }
    topics = sagemaker.configs[NAME]["AsyncInferenceConfig"]["OutputConfig"]["NotificationConfig"]
    assert topics["SuccessTopic"].endswith(":success")
    for made in (sagemaker.models, sagemaker.configs, sagemaker.endpoints):
        assert made[NAME]["Tags"] == [{"Key": "generate-on-cloud", "Value": "dev"}]


def test_the_container_of_an_instance_without_a_gpu_is_not_told_of_one(api: Api, sagemaker: FakeSageMaker) -> None:
    create(api, instance_type="ml.m5.xlarge")
    assert "GPU" not in sagemaker.models[NAME]["PrimaryContainer"]["Environment"]


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


def test_one_that_another_function_makes_at_the_same_moment_is_taken_for_made(
    api: Api, sagemaker: FakeSageMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one used up the quota, and AWS says nothing else about the second."""
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


def test_a_creation_that_is_stopped_half_way_is_carried_on(
    api: Api, aws: Cloud, sagemaker: FakeSageMaker, begin: Callable[[], None]
) -> None:
    for _ in stops(begin, lambda: create(api)):
        if status(api) == "Not Found":  # nothing had been written
            assert create(api).status == 202
        else:
            life.carry_on(NAME, aws)
        assert ([*sagemaker.models], [*sagemaker.configs], [*sagemaker.endpoints]) == ([NAME], [NAME], [NAME])


def test_a_creation_that_is_refused_and_stopped_half_way_leaves_nothing(
    api: Api, aws: Cloud, sagemaker: FakeSageMaker, begin: Callable[[], None]
) -> None:
    def refused() -> None:
        sagemaker.refusals["CreateEndpoint"] = ("ResourceLimitExceeded", QUOTA)
        create(api)

    for _ in stops(begin, refused):
        life.carry_on(NAME, aws)
        assert left(sagemaker) == []
        assert status(api) in ("Failed", "Not Found")


def test_where_nobody_waits_for_it_a_refusal_is_kept(
    api: Api, aws: Cloud, sagemaker: FakeSageMaker, begin: Callable[[], None]
) -> None:
    for _ in stops(begin, lambda: create(api)):
        if status(api) == "Not Found":  # nothing had been written
            continue
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


def test_one_that_is_gone_takes_up_no_room(api: Api, aws: Cloud) -> None:
    add_endpoint(aws, "goc-dev-old", "Deleted", gone=True, max_instances=4)
    assert create(api).status == 202
