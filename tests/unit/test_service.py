import json

from lambdas.service.routes import CONTRACT
from shared.parameters import SAMPLERS
from tests.unit.api import Api
from tests.unit.calls import AwsCalls


def test_ping_answers_without_a_call_to_aws(api: Api, aws_calls: AwsCalls) -> None:
    answer = api.get("/ping")
    assert (answer.status, answer.body) == (200, {"status": "ok"})
    assert aws_calls == []


def test_capabilities_are_those_of_the_container(api: Api) -> None:
    answer = api.get("/capabilities")
    assert (answer.status, answer.body["samplers"]) == (200, list(SAMPLERS))
    assert (answer.body["upscalers"], answer.body["preprocessors"]) == ([], [])


def test_the_contract_is_answered_as_it_is_written(api: Api, aws_calls: AwsCalls) -> None:
    answer = api.get("/openapi.json")
    assert (answer.status, answer.body) == (200, json.loads(CONTRACT.read_text()))
    assert aws_calls == []
