"""What CloudFormation asks for, and is told."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from lambdas.endpoints import deployed, life
from shared.cloud import Cloud
from tests.unit.sagemaker import FakeSageMaker
from tests.unit.things import add_endpoint, add_job

NAME = "goc-dev-main"


class CloudFormation(HTTPServer):
    """Takes what is PUT to a custom resource's link."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Link)
        self.told: list[dict[str, Any]] = []


class _Link(BaseHTTPRequestHandler):
    server: CloudFormation

    def do_PUT(self) -> None:
        self.server.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def cloudformation() -> Iterator[CloudFormation]:
    with CloudFormation() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _no_pause(aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deployed, "PAUSE_SECONDS", 0.0)


def ask(cloudformation: CloudFormation, request: str, milliseconds: int = 60_000, **properties: str) -> dict[str, Any]:
    """What CloudFormation is told then."""
    event = {
        "RequestType": request,
        "ResourceProperties": {"ServiceToken": "arn", **properties},
        "ResponseURL": f"http://127.0.0.1:{cloudformation.server_port}/link",
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "Endpoints",
    }
    context = SimpleNamespace(
        function_name="deployed",
        memory_limit_in_mb=1024,
        invoked_function_arn="arn",
        aws_request_id="request",
        get_remaining_time_in_millis=lambda: milliseconds,
    )
    deployed.handler(event, context)
    return cloudformation.told[-1]


def test_a_first_endpoint_is_made_where_one_is_configured(
    aws: Cloud, sagemaker: FakeSageMaker, cloudformation: CloudFormation
) -> None:
    told = ask(cloudformation, "Create", InstanceType="ml.g5.xlarge")
    assert told == {
        "Status": "SUCCESS",
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "Endpoints",
        "PhysicalResourceId": "endpoints",
    }
    assert [*sagemaker.endpoints] == [NAME]
    assert [(each.name, each.min_instances, each.max_instances) for each in aws.endpoints.all()] == [(NAME, 0, 1)]


def test_none_is_made_where_none_is_configured(sagemaker: FakeSageMaker, cloudformation: CloudFormation) -> None:
    assert ask(cloudformation, "Create")["Status"] == "SUCCESS"
    assert sagemaker.endpoints == {}


def test_asked_again_it_makes_no_other(aws: Cloud, sagemaker: FakeSageMaker, cloudformation: CloudFormation) -> None:
    for request in ("Create", "Create", "Update"):
        assert ask(cloudformation, request, InstanceType="ml.g5.xlarge")["Status"] == "SUCCESS"
    assert len(sagemaker.endpoints) == 1


def test_what_aws_refuses_fails_the_deployment_with_the_reason(
    sagemaker: FakeSageMaker, cloudformation: CloudFormation
) -> None:
    sagemaker.refusals["CreateEndpoint"] = ("ResourceLimitExceeded", "The limit is 0 Instances.")
    told = ask(cloudformation, "Create", InstanceType="ml.g5.xlarge")
    assert told["Status"] == "FAILED"
    assert "The limit is 0 Instances" in told["Reason"]


def test_another_instance_type_is_not_taken_for_the_same_endpoint(cloudformation: CloudFormation) -> None:
    ask(cloudformation, "Create", InstanceType="ml.g5.xlarge")
    told = ask(cloudformation, "Update", InstanceType="ml.g6.xlarge")
    assert (told["Status"], "delete it first" in told["Reason"]) == ("FAILED", True)


def test_with_the_stack_go_all_endpoints_with_jobs_or_without(
    aws: Cloud, sagemaker: FakeSageMaker, cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(cloudformation, "Create", InstanceType="ml.g5.xlarge")
    sagemaker.become(NAME, "InService")
    life.carry_on(NAME, aws)
    sagemaker.become("goc-dev-one", "InService")
    add_endpoint(aws)
    add_job(aws)
    really = sagemaker.answer

    def deletes_at_once(operation: str, members: dict[str, Any]) -> dict[str, Any]:
        answer = really(operation, members)
        if operation == "DeleteEndpoint":
            del sagemaker.endpoints[members["EndpointName"]]
        return answer

    monkeypatch.setattr(sagemaker, "answer", deletes_at_once)
    assert ask(cloudformation, "Delete", InstanceType="ml.g5.xlarge")["Status"] == "SUCCESS"
    assert (sagemaker.endpoints, sagemaker.models) == ({}, {})


def test_an_endpoint_that_does_not_go_in_time_is_told(
    aws: Cloud, sagemaker: FakeSageMaker, cloudformation: CloudFormation
) -> None:
    ask(cloudformation, "Create", InstanceType="ml.g5.xlarge")
    told = ask(cloudformation, "Delete", milliseconds=10_000)
    assert (told["Status"], NAME in told["Reason"]) == ("FAILED", True)
