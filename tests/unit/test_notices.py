"""SageMaker's notices settle jobs, however and how often they come."""

import json

import pytest

from shared.bucket import MANIFEST
from shared.cloud import Cloud
from shared.shapes import ExtraImage, Job, JobKey, Manifest, Outcome, Status
from tests.conftest import EVENTS
from tests.unit.calls import AwsCalls
from tests.unit.logs import Log
from tests.unit.notices import deliver, failure, success
from tests.unit.things import add_job, drawn


def write_manifest(aws: Cloud, job: Job, manifest: Manifest) -> None:
    aws.bucket.put(job.key.output(MANIFEST), manifest.model_dump_json().encode(), "application/json")


def settled(aws: Cloud, job: Job) -> Job:
    stored = aws.jobs.get(job.key)
    assert stored
    return stored


def test_a_notice_with_the_manifest_inside_settles_its_job_by_one_aws_call(aws: Cloud, aws_calls: AwsCalls) -> None:
    job = add_job(aws)
    aws_calls.clear()
    assert deliver(success(job.key, drawn())) == []
    assert aws_calls == ["UpdateItem"]
    assert settled(aws, job).status is Status.SUCCEEDED
    assert settled(aws, job).images == drawn().images


def test_a_notice_without_the_manifest_inside_finds_it_in_the_bucket(aws: Cloud) -> None:
    job = add_job(aws)
    write_manifest(aws, job, drawn(pictures=3))
    deliver(success(job.key))
    assert len(settled(aws, job).images) == 3


def test_a_notice_that_comes_twice_settles_its_job_once(aws: Cloud) -> None:
    job = add_job(aws)
    deliver(success(job.key, drawn()))
    first = settled(aws, job)
    assert deliver(success(job.key, drawn()), success(job.key, drawn())) == []
    assert settled(aws, job) == first


def test_a_late_failure_does_not_undo_a_success(aws: Cloud) -> None:
    job = add_job(aws)
    deliver(success(job.key, drawn()), failure(job.key))
    assert settled(aws, job).status is Status.SUCCEEDED


def test_an_early_notice_settles_a_job_that_is_still_queued(aws: Cloud) -> None:
    job = add_job(aws)
    deliver(success(job.key, drawn()))
    assert settled(aws, job).status is Status.SUCCEEDED


def test_a_failure_says_why(aws: Cloud) -> None:
    job = add_job(aws)
    deliver(failure(job.key))
    assert settled(aws, job).status is Status.FAILED
    assert "out of memory" in (settled(aws, job).error or "")
    assert "Order it again" in (settled(aws, job).error or "")


def test_a_reason_that_a_record_cannot_hold_is_cut(aws: Cloud) -> None:
    job = add_job(aws)
    deliver(failure(job.key) | {"failureReason": "Traceback " * 1000})
    assert (settled(aws, job).error or "").startswith("Traceback ")
    assert len(settled(aws, job).error or "") < 1000


def test_what_was_made_beside_the_pictures_is_kept(aws: Cloud) -> None:
    job, grid = add_job(aws), ExtraImage(kind="grid", file="grid.png", width=64, height=64)
    deliver(success(job.key, drawn(extra_images=[grid])))
    assert settled(aws, job).extra_images == [grid]


def test_warnings_that_came_up_while_it_was_drawn_are_told(aws: Cloud) -> None:
    job = add_job(aws)
    deliver(success(job.key, drawn(warnings=["The order's own.", "One that came up."])))
    assert settled(aws, job).warnings == ["The order's own.", "One that came up."]


def test_a_manifest_without_warnings_leaves_those_of_the_order(aws: Cloud) -> None:
    job = add_job(aws, warnings=["The order's own."])
    deliver(success(job.key, drawn()))
    assert settled(aws, job).warnings == ["The order's own."]


def test_a_failure_keeps_what_its_manifest_says_beside_the_pictures(aws: Cloud) -> None:
    job, grid = add_job(aws), ExtraImage(kind="grid", file="grid.png", width=64, height=64)
    write_manifest(aws, job, drawn(outcome=Outcome.DRAWING, extra_images=[grid], warnings=["One that came up."]))
    deliver(failure(job.key))
    assert (settled(aws, job).extra_images, settled(aws, job).warnings) == ([grid], ["One that came up."])


def test_the_containers_own_reason_is_preferred_and_its_pictures_are_kept(aws: Cloud) -> None:
    job = add_job(aws)
    write_manifest(aws, job, drawn(pictures=2, outcome=Outcome.FAILED, error="Order a smaller batch_size."))
    deliver(failure(job.key))
    assert settled(aws, job).error == "Order a smaller batch_size."
    assert len(settled(aws, job).images) == 2


def test_a_failure_after_the_last_picture_is_a_success(aws: Cloud) -> None:
    """The server went down between its last picture and its answer."""
    job = add_job(aws)
    write_manifest(aws, job, drawn())
    deliver(failure(job.key))
    assert settled(aws, job).status is Status.SUCCEEDED


@pytest.mark.parametrize("outcome", [Outcome.NOT_MINE, Outcome.STOPPED])
def test_a_delivery_that_did_not_draw_settles_nothing(aws: Cloud, outcome: Outcome) -> None:
    job = add_job(aws)
    aws.jobs.claim(job.key, "another delivery's")
    assert deliver(success(job.key, Manifest(outcome=outcome))) == []
    assert settled(aws, job).status is Status.RUNNING


def test_a_response_that_is_not_in_the_notice_of_a_job_still_drawn_settles_nothing(aws: Cloud) -> None:
    job = add_job(aws)
    write_manifest(aws, job, drawn(outcome=Outcome.DRAWING))
    deliver(success(job.key))
    assert settled(aws, job).status is Status.QUEUED


def test_a_notice_of_an_unknown_job_changes_nothing(aws: Cloud) -> None:
    assert deliver(success(JobKey("nobody", "nothing"), drawn()), failure(JobKey("nobody", "nothing"))) == []


@pytest.mark.parametrize(
    "notice",
    [
        "no JSON",
        "{}",
        "[]",
        '{"inferenceId": "no-owner", "invocationStatus": "Failed"}',
        '{"inferenceId": "a/b", "invocationStatus": "Unheard of"}',
        '{"inferenceId": "a/b", "invocationStatus": "Completed", "responseBody": {"content": "x"}}',
    ],
)
def test_a_malformed_notice_is_kept_for_the_dead_letters_and_holds_up_no_other(aws: Cloud, notice: str) -> None:
    job = add_job(aws)
    assert deliver(notice, success(job.key, drawn())) == ["0"]
    assert settled(aws, job).status is Status.SUCCEEDED


def test_a_notice_that_only_tests_the_topic_is_passed_over(aws_calls: AwsCalls) -> None:
    assert deliver((EVENTS / "notice-test.json").read_text()) == []
    assert aws_calls == []


def test_what_is_no_notice_is_logged_by_its_message_without_its_content(aws: Cloud, log: Log) -> None:
    deliver(success(JobKey("nobody", "nothing")), '{"inferenceId": "a cute dog"}')
    (line,) = log.lines("not handled")
    assert (line["level"], line["sqs_message"], line["error"]) == ("WARNING", "1", "ValidationError")
    assert "dog" not in json.dumps(line)


def test_a_notice_whose_job_can_not_be_settled_is_logged_by_its_job(
    aws: Cloud, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(*_: object) -> None:
        raise ConnectionError("a cute dog")

    monkeypatch.setattr(aws.jobs, "settle", break_off)
    job = add_job(aws)
    assert deliver(success(job.key, drawn())) == ["0"]
    (line,) = log.lines("not handled")
    assert (line["job"], line["error"]) == (job.id, "ConnectionError")
    assert "dog" not in json.dumps(line)


def test_a_notice_needs_no_more_than_the_fields_that_aws_promises(aws: Cloud) -> None:
    job = add_job(aws)
    write_manifest(aws, job, drawn())
    deliver({"inferenceId": job.key.inference_id, "invocationStatus": "Completed"})
    assert settled(aws, job).status is Status.SUCCEEDED
