import json
from datetime import datetime
from typing import Any

import pytest

from shared.cloud import Cloud
from shared.keys import owner_of
from shared.shapes import Job, JobKey
from tests.unit.api import ALICE, Api
from tests.unit.calls import AwsCalls
from tests.unit.logs import Log
from tests.unit.sagemaker import FakeSageMaker
from tests.unit.things import ORDER, add_endpoint, add_model


@pytest.fixture(autouse=True)
def _something_to_order(aws: Cloud) -> None:
    add_endpoint(aws)
    add_model(aws)


def order(**parameters: Any) -> dict[str, Any]:
    return ORDER | {"parameters": ORDER["parameters"] | parameters}


def stored(aws: Cloud, id: str) -> Job | None:
    return aws.jobs.get(JobKey(owner_of(ALICE), id))


def test_an_order_becomes_a_queued_job_and_is_posted_to_its_endpoint(
    api: Api, aws: Cloud, sagemaker: FakeSageMaker
) -> None:
    answer = api.post("/jobs", ORDER)
    assert answer.status == 202
    assert answer.headers["Location"] == [f"jobs/{answer.body['id']}"]
    assert answer.body["status"] == "queued"
    ((headers, body),) = sagemaker.orders
    assert headers["X-Amzn-SageMaker-Inference-Id"] == f"{'a' * 12}/{answer.body['id']}"
    assert headers["X-Amzn-SageMaker-S3OutputPathExtension"] == f"{'a' * 12}/{answer.body['id']}/outputs"
    assert 3590 <= int(headers["X-Amzn-SageMaker-RequestTTLSeconds"]) <= 3600
    posted = json.loads(body)
    assert posted["checkpoint"]["key"] == "models/checkpoint/tiny.safetensors"
    assert posted["parameters"]["prompt"] == "a cute dog"


def test_a_plain_order_takes_three_aws_calls(api: Api, aws: Cloud, aws_calls: AwsCalls) -> None:
    assert api.post("/jobs", ORDER).status == 202
    assert aws_calls == ["BatchGetItem", "PutItem", "InvokeEndpointAsync"]


def test_the_job_is_stored_before_sagemaker_is_called(api: Api, aws: Cloud, sagemaker: FakeSageMaker) -> None:
    """A notice may come before the call's answer does; so the call fails here, and the job must be there."""
    sagemaker.status = 0
    answer = api.post("/jobs", ORDER)
    assert stored(aws, answer.body["id"])


@pytest.mark.parametrize("status", [0, 500, 503])
def test_an_uncertain_answer_leaves_the_job_queued_and_posts_it_only_once(
    api: Api, aws: Cloud, sagemaker: FakeSageMaker, status: int
) -> None:
    sagemaker.status = status
    answer = api.post("/jobs", ORDER)
    assert (answer.status, answer.body["status"]) == (202, "queued")
    assert len(sagemaker.orders) == 1


def test_every_order_goes_by_a_connection_of_its_own(api: Api, sagemaker: FakeSageMaker) -> None:
    """One kept since the previous order may be closed at the other end just then: an uncertain answer."""
    for _ in range(2):
        assert api.post("/jobs", ORDER).status == 202
    assert len(set(sagemaker.callers)) == 2


def test_a_certain_refusal_fails_the_job_with_the_reason(api: Api, aws: Cloud, sagemaker: FakeSageMaker) -> None:
    sagemaker.status = 400
    answer = api.post("/jobs", ORDER)
    assert answer.status == 409
    assert "Endpoint of this name not found." in answer.body["detail"]
    (job,) = api.get("/jobs").body["jobs"]
    assert job["status"] == "failed"
    assert api.get(f"/jobs/{job['id']}").body["error"] == "Endpoint of this name not found."


def test_a_refusal_is_counted_and_logged_with_its_job(
    api: Api, sagemaker: FakeSageMaker, log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    sagemaker.status = 400
    api.post("/jobs", ORDER)
    (job,) = api.get("/jobs").body["jobs"]
    assert [line["job"] for line in log.lines("refused")] == [job["id"]]
    assert '"JobsFailed":[1.0]' in capsys.readouterr().out


def test_a_record_whose_first_writing_got_no_answer_is_made_once(
    api: Api, aws: Cloud, sagemaker: FakeSageMaker
) -> None:
    """The client writes it again by itself, and finds it there."""
    events, place = aws.dynamodb.meta.events, "needs-retry.dynamodb.PutItem"

    def no_answer(attempts: int, **_: object) -> Any:
        return 0.0 if attempts == 1 else None  # how long to wait until it is tried again

    events.register_first(place, no_answer)
    try:
        answer = api.post("/jobs", ORDER)
    finally:
        events.unregister(place, no_answer)
    assert (answer.status, len(sagemaker.orders)) == (202, 1)
    assert [job["id"] for job in api.get("/jobs").body["jobs"]] == [answer.body["id"]]


def test_where_the_region_takes_no_bodies_the_order_goes_by_s3(
    api: Api, aws: Cloud, sagemaker: FakeSageMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws, "settings", aws.settings.model_copy(update={"inline_bodies": False}))
    id = api.post("/jobs", ORDER).body["id"]
    ((headers, body),) = sagemaker.orders
    assert body == b""
    assert headers["X-Amzn-SageMaker-InputLocation"] == f"s3://bucket/jobs/{'a' * 12}/{id}/inputs/order.json"
    assert aws.bucket.head(f"jobs/{'a' * 12}/{id}/inputs/order.json")


def test_what_is_not_honoured_is_no_longer_among_the_parameters(api: Api) -> None:
    job = api.post("/jobs", order(restore_faces=True, override_settings={"outdir_samples": "x"})).body
    assert len(job["warnings"]) == 2
    assert "restore_faces" not in job["parameters"]
    assert "outdir_samples" not in job["parameters"]["override_settings"]


@pytest.mark.parametrize("name", ["tiny", "TINY", "tiny.safetensors", "Tiny [1a2b3c4d]"])
def test_a_checkpoint_is_known_by_its_stem_without_case(api: Api, name: str) -> None:
    assert api.post("/jobs", ORDER | {"checkpoint": name}).body["checkpoint"] == "tiny"


def test_an_unknown_checkpoint_is_refused_with_the_nearest_names(api: Api, sagemaker: FakeSageMaker) -> None:
    answer = api.post("/jobs", ORDER | {"checkpoint": "tinny"})
    assert (answer.status, answer.fields) == (422, ["checkpoint"])
    assert "'tiny'" in answer.body["detail"]
    assert not sagemaker.orders


def test_an_unknown_endpoint_is_refused(api: Api) -> None:
    answer = api.post("/jobs", ORDER | {"endpoint": "goc-dev-two"})
    assert answer.status == 409
    assert "'goc-dev-two'" in answer.body["detail"]


@pytest.mark.parametrize("status", ["Creating", "Updating", "Failed", "Deleting", "OutOfService"])
def test_an_endpoint_that_is_not_in_service_is_refused_with_its_state(api: Api, aws: Cloud, status: str) -> None:
    add_endpoint(aws, "goc-dev-other", status)
    answer = api.post("/jobs", ORDER | {"endpoint": "goc-dev-other"})
    assert answer.status == 409
    assert f"is {status}" in answer.body["detail"]


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"steps": 0}, "steps"),
        ({"steps": 151}, "steps"),
        ({"steps": "many"}, "steps"),
        ({"width": 100}, "width"),
        ({"width": 63}, "width"),
        ({"height": 4096}, "height"),
        ({"cfg_scale": 0.5}, "cfg_scale"),
        ({"seed": -2}, "seed"),
        ({"seed": 2**53}, "seed"),
        ({"sampler_name": "Euler b"}, "sampler_name"),
        ({"batch_size": 17}, "batch_size"),
        ({"n_iter": 0}, "n_iter"),
        ({"prompt": 5}, "prompt"),
        ({"promt": "a dog"}, "promt"),
    ],
)
def test_a_parameter_that_is_wrong_is_refused_by_name(api: Api, parameters: dict[str, Any], field: str) -> None:
    answer = api.post("/jobs", order(**parameters))
    assert (answer.status, answer.fields) == (422, [f"parameters.{field}"])


def test_a_misspelt_parameter_is_refused_with_what_was_meant(api: Api) -> None:
    assert "Did you mean 'prompt'" in api.post("/jobs", order(promt="a dog")).body["detail"]


@pytest.mark.parametrize(
    ("parameters", "meant"),
    [
        ({"sampler_name": "Euler b"}, "'Euler a'"),
        ({"scheduler": "Karas"}, "'Karras'"),
        ({"hr_upscaler": "Lanczoss"}, "'Lanczos'"),
        ({"override_settings": {"samples_format": "gif"}}, "'webp'"),
    ],
)
def test_what_an_endpoint_does_not_have_is_refused_with_what_it_has(
    api: Api, parameters: dict[str, Any], meant: str
) -> None:
    answer = api.post("/jobs", order(**parameters))
    assert answer.status == 422
    assert meant in answer.body["detail"]


@pytest.mark.parametrize("task", ["draw", None, 5])
def test_an_unknown_task_is_refused_with_those_there_are(api: Api, task: object) -> None:
    answer = api.post("/jobs", ORDER | {"task": task})
    assert (answer.status, answer.fields) == (422, ["task"])
    assert "'txt2img' or 'img2img'" in answer.body["detail"]


def test_a_misspelt_field_of_the_order_is_refused_with_what_was_meant(api: Api) -> None:
    answer = api.post("/jobs", ORDER | {"endpont": "x"})
    assert (answer.status, answer.fields) == (422, ["endpont"])
    assert "Did you mean 'endpoint'" in answer.body["detail"]


def test_more_than_a_hundred_pictures_are_refused(api: Api) -> None:
    answer = api.post("/jobs", order(batch_size=11, n_iter=10))
    assert answer.status == 422
    assert "110 pictures" in answer.body["detail"]


def test_prompts_that_a_record_cannot_hold_are_refused(api: Api) -> None:
    answer = api.post("/jobs", order(prompt="x" * 17_000))
    assert answer.status == 422
    assert "too long" in answer.body["detail"]


@pytest.mark.parametrize(
    ("body", "status"),
    [("{", 400), ("", 422), ("[]", 422), ('"text"', 422), ("{}", 422), ("null", 422), ("[" * 100_000, 400)],
    ids=["broken", "empty", "array", "text", "no fields", "null", "deep"],
)
def test_a_body_that_is_no_order_is_refused(api: Api, body: str, status: int) -> None:
    answer = api.post("/jobs", body)
    assert answer.status == status
    assert answer.headers["Content-Type"] == ["application/problem+json"]
    assert answer.body["request_id"] == "9f1c2b34"
    assert answer.fields


def test_sampler_index_names_the_sampler_where_sampler_name_is_null(api: Api) -> None:
    parameters = api.post("/jobs", order(sampler_name=None, sampler_index="DDIM")).body["parameters"]
    assert parameters["sampler_name"] == "DDIM"


@pytest.mark.parametrize("sampler", ["DDIM", "UniPC", "DPM fast", "DPM adaptive"])
def test_a_schedule_type_gives_a_warning_with_a_sampler_that_has_its_own(api: Api, sampler: str) -> None:
    (warning,) = api.post("/jobs", order(sampler_name=sampler, scheduler="Karras")).body["warnings"]
    assert warning.startswith("'scheduler' ")
    assert f"{sampler}, wh" in warning
    assert api.post("/jobs", order(sampler_name=sampler)).body["warnings"] == []


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"])
def test_a_body_is_taken_as_json_whatever_the_client_calls_it(api: Api, content_type: str) -> None:
    assert api.post("/jobs", ORDER, **{"Content-Type": content_type}).status == 202


@pytest.mark.parametrize("name", ["x" * 200, "🐕" * 200, "../../secret", " ", ".safetensors"])
def test_a_strange_name_is_only_unknown(api: Api, name: str) -> None:
    assert api.post("/jobs", ORDER | {"checkpoint": name}).status == 422
    assert api.post("/jobs", ORDER | {"endpoint": name[:63]}).status == 409


def test_a_job_may_take_as_long_as_its_order_says(api: Api, sagemaker: FakeSageMaker) -> None:
    job = api.post("/jobs", ORDER | {"deadline_seconds": 120}).body
    taken = datetime.fromisoformat(job["deadline"]) - datetime.fromisoformat(job["created_at"])
    assert taken.total_seconds() == 120
    ((headers, _),) = sagemaker.orders
    assert int(headers["X-Amzn-SageMaker-InvocationTimeoutSeconds"]) <= 120


@pytest.mark.parametrize("seconds", [59, 7201, "long"])
def test_a_deadline_out_of_bounds_is_refused(api: Api, seconds: object) -> None:
    answer = api.post("/jobs", ORDER | {"deadline_seconds": seconds})
    assert (answer.status, answer.fields) == (422, ["deadline_seconds"])


@pytest.mark.parametrize("field", ["parameters.prompt", "endpoint", "checkpoint"])
def test_text_that_is_no_text_is_refused(api: Api, field: str) -> None:
    spelt = order(prompt="HALF") if field == "parameters.prompt" else ORDER | {field: "HALF"}
    answer = api.post("/jobs", json.dumps(spelt).replace("HALF", "\\ud800"))
    assert (answer.status, answer.fields) == (422, [field])
