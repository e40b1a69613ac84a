"""An endpoint that serves: its instances come and go, and PATCH says how many."""

from collections.abc import Callable

import pytest

from lambdas.endpoints import life
from shared.cloud import Cloud
from tests.unit.api import Api
from tests.unit.calls import stops
from tests.unit.lives import NAME, alarms, create, left, serve, status
from tests.unit.sagemaker import FakeSageMaker
from tests.unit.things import add_endpoint

pytestmark = pytest.mark.usefixtures("without_alarms")


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


def test_one_whose_scaling_aws_refuses_is_removed_again(api: Api, aws: Cloud, sagemaker: FakeSageMaker) -> None:
    create(api)
    sagemaker.scaling.refusals["PutScalingPolicy"] = ("LimitExceededException", "too many policies")
    serve(aws, sagemaker)
    assert status(api) == "Deleting"
    del sagemaker.endpoints[NAME]
    life.carry_on(NAME, aws)
    assert left(sagemaker) == []
    body = api.get(f"/endpoints/{NAME}").body
    assert body["status"] == "Failed"
    assert "too many policies" in body["reason"]
    assert "removed again" in body["reason"]


def test_one_that_can_not_be_scaled_yet_takes_jobs_all_the_same_and_its_event_fails(
    api: Api, aws: Cloud, sagemaker: FakeSageMaker
) -> None:
    create(api)
    sagemaker.scaling.refusals["PutScalingPolicy"] = ("InternalServiceException", "not now")
    assert_unscaled(api, lambda: serve(aws, sagemaker))
    sagemaker.scaling.refusals.clear()
    life.carry_on(NAME, aws)
    assert len(sagemaker.scaling.policies) == 3
    assert api.get(f"/endpoints/{NAME}").body["reason"] is None


def test_one_that_can_not_be_rescaled_serves_on(api: Api, aws: Cloud, sagemaker: FakeSageMaker) -> None:
    create(api)
    serve(aws, sagemaker)
    sagemaker.scaling.refusals["PutScalingPolicy"] = ("ValidationException", "not now")
    answer = api.patch(f"/endpoints/{NAME}", {"max_instances": 1})
    assert (answer.status, "not now" in answer.body["detail"]) == (409, True)
    assert_unscaled(api, lambda: life.carry_on(NAME, aws))


def assert_unscaled(api: Api, step: Callable[[], None]) -> None:
    with pytest.raises(life.Unscaled, match="not now"):
        step()
    assert status(api) == "InService"
    reason = api.get(f"/endpoints/{NAME}").body["reason"]
    assert "keeps the instances it has, idle or not" in reason
    assert "not now" in reason


@pytest.mark.parametrize("scaled", ["Updating", "RollingBack"])
def test_while_it_is_only_scaled_it_takes_jobs(api: Api, aws: Cloud, sagemaker: FakeSageMaker, scaled: str) -> None:
    create(api)
    serve(aws, sagemaker)
    for instances, desired in ((0, 1), (1, 1)):  # at the end of a change, both are the same
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


def test_scaling_that_is_stopped_half_way_is_carried_on(
    api: Api, aws: Cloud, sagemaker: FakeSageMaker, begin: Callable[[], None]
) -> None:
    def created() -> None:
        begin()
        create(api)
        sagemaker.become(NAME, "InService")

    for _ in stops(created, lambda: life.carry_on(NAME, aws)):
        life.carry_on(NAME, aws)
        assert (len(sagemaker.scaling.targets), len(sagemaker.scaling.policies), len(alarms())) == (1, 3, 2)


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


def test_rescaling_that_is_stopped_half_way_is_made_by_the_same_again(
    api: Api, aws: Cloud, sagemaker: FakeSageMaker
) -> None:
    def rescale(most: int) -> int:
        return api.patch(f"/endpoints/{NAME}", {"max_instances": most}).status

    create(api)
    serve(aws, sagemaker)
    for _ in stops(lambda: rescale(1), lambda: rescale(3)):
        assert rescale(3) == 200
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


def test_one_that_grows_no_further_needs_no_room(api: Api, aws: Cloud) -> None:
    """The deployment's limits may be lower by now."""
    add_endpoint(aws, "goc-dev-large", instance_type="ml.g5.xlarge", max_instances=50)
    add_endpoint(aws, NAME, instance_type="ml.g5.xlarge", min_instances=0, max_instances=40, backlog_per_instance=5)
    for change in ({"max_instances": 30}, {"backlog_per_instance": 9}):
        assert api.patch(f"/endpoints/{NAME}", change).status == 200
    assert api.patch(f"/endpoints/{NAME}", {"max_instances": 31}).status == 409
