"""Invocations: what is taken, in which order it runs, and what comes back."""

import base64
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from tests.local.clients import TOPICS, Client
from tests.local.fake_aws import FakeAws
from tests.waiting import eventually


@pytest.fixture(scope="module")
def endpoint(emulator: Client) -> str:
    return emulator.deploy()


def test_an_answer_is_stored_and_told_to_the_success_topic(emulator: Client, aws: FakeAws, endpoint: str) -> None:
    answer = emulator.runtime.invoke_endpoint_async(
        EndpointName=endpoint, Body=b'{"hello": 1}', ContentType="application/json", Accept="text/x", InferenceId="mine"
    )

    published = aws.notice("mine")
    stored = json.loads(aws.objects[answer["OutputLocation"]])
    assert published.topic == TOPICS["SuccessTopic"]
    assert published.notice.pop("eventTime") >= published.notice.pop("receivedTime")
    assert published.notice == {
        "awsRegion": "us-east-1",
        "invocationStatus": "Completed",
        "requestParameters": {"accept": "text/x", "contentType": "application/json", "endpointName": endpoint},
        "responseParameters": {"contentType": "application/json", "outputLocation": answer["OutputLocation"]},
        "inferenceId": "mine",
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }
    assert (stored["order"], stored["type"]) == ({"hello": 1}, "application/json")


def test_an_input_in_s3_is_fetched_and_named_in_the_notice(emulator: Client, aws: FakeAws, endpoint: str) -> None:
    aws.objects["s3://bucket/inputs/one.json"] = b'{"from": 3}'

    answer = emulator.runtime.invoke_endpoint_async(EndpointName=endpoint, InputLocation="s3://bucket/inputs/one.json")

    published = aws.notice(answer["InferenceId"])
    assert published.notice["requestParameters"]["inputLocation"] == "s3://bucket/inputs/one.json"
    assert json.loads(aws.objects[answer["OutputLocation"]])["order"] == {"from": 3}


def test_an_input_that_is_missing_fails_the_invocation(emulator: Client, aws: FakeAws, endpoint: str) -> None:
    answer = emulator.runtime.invoke_endpoint_async(EndpointName=endpoint, InputLocation="s3://bucket/no/such")

    assert "NoSuchKey" in aws.notice(answer["InferenceId"]).notice["failureReason"]


def test_an_output_that_cannot_be_written_fails_the_invocation(emulator: Client, aws: FakeAws) -> None:
    endpoint = emulator.deploy(emulator.configure(S3OutputPath="s3://missing-bucket/out"))

    assert "NoSuchBucket" in aws.notice(emulator.order(endpoint, {})).notice["failureReason"]


def test_extension_and_filename_place_the_output(emulator: Client, endpoint: str) -> None:
    answer = emulator.runtime.invoke_endpoint_async(
        EndpointName=endpoint, Body=b"{}", S3OutputPathExtension="jobs/7/", Filename="manifest.json"
    )

    assert answer["OutputLocation"] == "s3://bucket/out/jobs/7/manifest.json"
    assert answer["FailureLocation"].startswith("s3://bucket/failures/")


def test_a_refusal_of_the_container_fails_the_invocation(emulator: Client, aws: FakeAws, endpoint: str) -> None:
    answer = emulator.runtime.invoke_endpoint_async(EndpointName=endpoint, Body=b'{"status": 500}')

    published = aws.notice(answer["InferenceId"])
    reason = 'Received server error (500) from primary with message "as you wish"'
    assert published.topic == TOPICS["ErrorTopic"]
    assert published.notice["invocationStatus"] == "Failed"
    assert published.notice["failureReason"] == reason
    assert published.notice.keys().isdisjoint({"responseParameters", "responseBody"})
    assert aws.objects[answer["FailureLocation"]].decode() == reason
    assert answer["OutputLocation"] not in aws.objects


def test_a_failure_is_told_even_if_its_object_cannot_be_written(emulator: Client, aws: FakeAws) -> None:
    endpoint = emulator.deploy(emulator.configure(S3FailurePath="s3://missing-bucket/failures"))

    assert "(500)" in aws.notice(emulator.order(endpoint, {"status": 500})).notice["failureReason"]


def test_a_client_error_is_called_one(emulator: Client, aws: FakeAws, endpoint: str) -> None:
    notice = aws.notice(emulator.order(endpoint, {"status": 404})).notice

    assert notice["failureReason"].startswith("Received client error (404) from primary")


def test_an_answer_after_the_timeout_is_a_failure(emulator: Client, aws: FakeAws, endpoint: str) -> None:
    inference_id = emulator.order(endpoint, {"sleep": 1.2}, InvocationTimeoutSeconds=1)

    assert "timed out after 1 s" in aws.notice(inference_id).notice["failureReason"]


def test_invocations_run_one_by_one_in_the_order_of_their_arrival(emulator: Client, aws: FakeAws) -> None:
    endpoint = emulator.deploy()

    wanted = [emulator.order(endpoint, {"sleep": 0.05, "number": number}) for number in range(5)]

    notices = [aws.notice(inference_id).notice for inference_id in wanted]
    answers = [json.loads(aws.objects[notice["responseParameters"]["outputLocation"]]) for notice in notices]
    finished = [published.notice.get("inferenceId") for published in aws.published]
    assert [inference_id for inference_id in finished if inference_id in wanted] == wanted
    assert [answer["under way"] for answer in answers] == [1] * 5


def test_as_many_run_at_once_as_the_config_says(emulator: Client, aws: FakeAws) -> None:
    endpoint = emulator.deploy(emulator.configure(concurrency=2))

    both = [emulator.order(endpoint, {"meet": 1}) for _ in range(2)]

    locations = [aws.notice(one).notice["responseParameters"]["outputLocation"] for one in both]
    assert 2 in [json.loads(aws.objects[location])["under way"] for location in locations]


def test_an_inline_body_may_have_128_000_bytes_and_no_more(emulator: Client, aws: FakeAws, endpoint: str) -> None:
    largest = json.dumps({"pad": ""}).replace('""', '"' + "x" * (128_000 - 11) + '"').encode()

    answer = emulator.runtime.invoke_endpoint_async(EndpointName=endpoint, Body=largest)

    assert len(largest) == 128_000
    assert aws.notice(answer["InferenceId"]).notice["invocationStatus"] == "Completed"
    with pytest.raises(ClientError, match="less than or equal to 128000") as refusal:
        emulator.runtime.invoke_endpoint_async(EndpointName=endpoint, Body=largest + b" ")
    assert refusal.value.response["Error"]["Code"] == "ValidationError"
    assert "xxx" not in str(refusal.value)


@pytest.mark.parametrize("members", [{}, {"Body": b"{}", "InputLocation": "s3://bucket/one"}])
def test_exactly_one_input_must_be_given(emulator: Client, endpoint: str, members: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match=r"ValidationError.*exactly one of Body and InputLocation"):
        emulator.runtime.invoke_endpoint_async(EndpointName=endpoint, **members)


@pytest.mark.parametrize(
    ("members", "constraint"),
    [
        ({"RequestTTLSeconds": 59}, "greater than or equal to 60"),
        ({"InvocationTimeoutSeconds": 3601}, "less than or equal to 3600"),
        ({"InferenceId": "x" * 65}, "length less than or equal to 64"),
        ({"Filename": "two.dots.png"}, "regular expression pattern"),
        ({"S3OutputPathExtension": "s3://elsewhere"}, "regular expression pattern"),
        ({"InputLocation": "ftp://bucket/one"}, "regular expression pattern"),
    ],
)
def test_headers_are_held_against_the_api_model(
    emulator: Client, endpoint: str, members: dict[str, Any], constraint: str
) -> None:
    with pytest.raises(ClientError, match=f"ValidationError.*{constraint}"):
        emulator.order(endpoint, {}, **members)


def test_an_input_elsewhere_than_in_s3_is_refused(emulator: Client, endpoint: str) -> None:
    with pytest.raises(ClientError, match="s3:// only"):
        emulator.runtime.invoke_endpoint_async(EndpointName=endpoint, InputLocation="https://bucket/one")


def test_a_number_that_is_none_is_refused(emulator: Client, endpoint: str) -> None:
    headers = {"X-Amzn-SageMaker-RequestTTLSeconds": "soon"}

    answer = httpx.post(f"{emulator.url}/endpoints/{endpoint}/async-invocations", content=b"{}", headers=headers)

    assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (400, "SerializationException")


def test_an_endpoint_that_is_not_there_is_not_found(emulator: Client) -> None:
    with pytest.raises(ClientError, match="Endpoint nowhere of account 000000000000 not found"):
        emulator.order("nowhere", {})


def test_an_invocation_that_waited_too_long_never_reaches_the_container(
    emulator: Client, aws: FakeAws, state: Path
) -> None:
    endpoint = emulator.deploy()
    emulator.set_capacity(endpoint, 0)
    emulator.wait_for_instances(endpoint, 0)
    late = emulator.order(endpoint, {"die": True}, RequestTTLSeconds=60)

    (file,) = (state / "backlogs" / endpoint / "queued").iterdir()
    record = json.loads(file.read_text())
    file.write_text(json.dumps(record | {"received": record["received"] - 61}))
    emulator.set_capacity(endpoint, 1)

    assert "RequestTTLSeconds" in aws.notice(late).notice["failureReason"]
    assert aws.notice(emulator.order(endpoint, {})).notice["invocationStatus"] == "Completed"


def test_a_response_of_128_000_bytes_goes_into_the_notice_and_a_larger_one_does_not(
    emulator: Client, aws: FakeAws
) -> None:
    endpoint = emulator.deploy(emulator.configure(included=["SUCCESS_NOTIFICATION_TOPIC"]))

    fits, too_large = emulator.order(endpoint, {"size": 128_000}), emulator.order(endpoint, {"size": 128_001})
    failed = emulator.order(endpoint, {"status": 500})

    body = aws.notice(fits).notice["responseBody"]
    assert base64.b64decode(body["content"]) == b"x" * 128_000
    assert body["encoding"] == "BASE64"
    assert "responseBody" not in aws.notice(too_large).notice
    assert "responseBody" not in aws.notice(failed).notice


def test_a_failure_s_response_goes_to_the_error_topic_when_it_is_named(emulator: Client, aws: FakeAws) -> None:
    endpoint = emulator.deploy(emulator.configure(included=["ERROR_NOTIFICATION_TOPIC"]))

    notice = aws.notice(emulator.order(endpoint, {"status": 418})).notice

    assert base64.b64decode(notice["responseBody"]["content"]) == b"as you wish"
    assert "responseBody" not in aws.notice(emulator.order(endpoint, {})).notice


def test_a_container_that_dies_fails_what_it_held_and_is_started_again(
    emulator: Client, aws: FakeAws, endpoint: str
) -> None:
    fatal, next_one = emulator.order(endpoint, {"die": True}), emulator.order(endpoint, {})

    assert "exited with status 3" in aws.notice(fatal).notice["failureReason"]
    assert aws.notice(next_one).notice["invocationStatus"] == "Completed"
    assert eventually(lambda: emulator.status(endpoint) == "InService")
