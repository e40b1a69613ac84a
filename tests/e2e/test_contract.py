"""What the contract says, against what the gateway answers."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig

from lambdas.service.routes import CONTRACT
from local.cloud import Cloud
from tests.e2e.endpoints import remove_all_but_the_first
from tests.e2e.user import User

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
# 50 requests are made up for each route, the same ones in each run, besides the examples and those on the bounds.
CONFIG = {
    "seed": 1,
    "generation": {"max-examples": 50, "deterministic": True, "with-security-parameters": False},
    "checks": {"enabled": False} | {name: {"enabled": True} for name in CHECKS},
}

contract = schemathesis.openapi.from_path(CONTRACT, config=SchemathesisConfig.from_dict(CONFIG))


@pytest.fixture(scope="module", autouse=True)
def _in_haste(cloud: Cloud) -> Iterator[None]:
    """Without the usage plan's throttle: a run of 429s would test nothing."""

    def limit(rate: float, burst: int) -> None:
        values = {"/throttle/rateLimit": str(rate), "/throttle/burstLimit": str(burst)}
        patches: Any = [{"op": "replace", "path": path, "value": value} for path, value in values.items()]
        gateway.update_usage_plan(usagePlanId=cloud.deployment.usage_plan, patchOperations=patches)

    gateway = boto3.client("apigateway")
    before = gateway.get_usage_plan(usagePlanId=cloud.deployment.usage_plan)["throttle"]
    limit(1000, 1000)
    yield
    limit(before["rateLimit"], before["burstLimit"])
    remove_all_but_the_first(cloud)  # a made-up request may well have made an endpoint


@contract.parametrize()
def test_whatever_is_sent_the_answer_is_one_of_the_contract(case: schemathesis.Case[Any], cloud: Cloud) -> None:
    """Nothing is drawn: no checkpoint has a name that is made up."""
    if case.path == "/jobs" and case.meta and case.meta.phase.name == "fuzzing" and isinstance(case.body, dict):
        case.body["endpoint"] = cloud.endpoint  # one that is there, so as to get further
    case.call_and_validate(cloud.api, headers={"x-api-key": cloud.key})


def test_what_is_served_is_the_contract(user: User) -> None:
    assert user.http.get("/openapi.json").json() == contract.raw_schema


def test_a_model_is_as_the_contract_says_from_its_upload_to_its_end(cloud: Cloud) -> None:
    def answer(method: str, path: str, **parts: Any) -> int:
        case = contract[path][method].Case(**parts)
        return case.call_and_validate(cloud.api, headers={"x-api-key": cloud.key}).status_code

    asked = {"type": "vae", "name": "contract.safetensors", "size": 5000}
    model = {"path_parameters": {"type": "vae", "name": "contract"}}
    assert answer("POST", "/models", body=asked) == 201
    assert answer("POST", "/models", body=asked) == 200
    assert answer("POST", "/models", body=asked | {"size": 6000}) == 409
    assert answer("GET", "/models", query={"type": "vae"}) == 200
    assert answer("GET", "/models/{type}/{name}", **model) == 200
    assert answer("POST", "/models/{type}/{name}/complete", **model) == 409
    assert answer("DELETE", "/models/{type}/{name}", **model) == 204
    assert answer("GET", "/models/{type}/{name}", **model) == 404
    assert answer("POST", "/uploads", body={"content_type": "image/png", "size": 5000}) == 201


def test_a_job_is_as_the_contract_says_from_its_order_to_its_end(user: User, cloud: Cloud) -> None:
    def answer(method: str, path: str, **parts: Any) -> int:
        case = contract[path][method].Case(**parts)
        return case.call_and_validate(cloud.api, headers={"x-api-key": cloud.key}).status_code

    assert answer("POST", "/jobs", body=user.order(enable_hr=True)) == 202
    id = user.list("jobs")[0]["id"]
    user.finished(id)
    assert answer("GET", "/jobs") == 200
    job = {"path_parameters": {"id": id}}
    assert answer("GET", "/jobs/{id}", **job) == 200
    assert answer("POST", "/jobs/{id}/cancel", **job) == 409
    assert answer("DELETE", "/jobs/{id}", **job) == 204
    assert answer("GET", "/jobs/{id}", **job) == 404
