"""DELETE /endpoints/{name}: nothing is left, whatever stops it half-way."""

from collections.abc import Callable

import pytest

from lambdas.endpoints import life
from shared.cloud import Cloud
from shared.shapes import now
from shared.tables.endpoints import StoredEndpoint
from tests.unit.api import Api
from tests.unit.calls import refusing, stop_after, stops
from tests.unit.lives import NAME, alarms, create, left, serve, status
from tests.unit.sagemaker import FakeSageMaker
from tests.unit.things import add_endpoint, add_job

pytestmark = pytest.mark.usefixtures("without_alarms")


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


def test_a_deletion_that_is_stopped_half_way_is_carried_on(
    api: Api, aws: Cloud, sagemaker: FakeSageMaker, begin: Callable[[], None]
) -> None:
    def serving() -> None:
        begin()
        create(api)
        serve(aws, sagemaker)

    for _ in stops(serving, lambda: api.delete(f"/endpoints/{NAME}")):
        if status(api) == "InService":  # nothing had been written
            api.delete(f"/endpoints/{NAME}")
        else:
            life.carry_on(NAME, aws)
        gone(api, aws, sagemaker)


def test_the_end_of_a_deletion_that_is_stopped_is_carried_on(
    api: Api, aws: Cloud, sagemaker: FakeSageMaker, begin: Callable[[], None]
) -> None:
    def ending() -> None:
        begin()
        create(api)
        serve(aws, sagemaker)
        api.delete(f"/endpoints/{NAME}")
        del sagemaker.endpoints[NAME]

    for _ in stops(ending, lambda: life.carry_on(NAME, aws)):
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
