import json

from lambdas.service.routes import CONTRACT
from shared.controlnet import PREPROCESSORS
from shared.samplers import SAMPLERS, SCHEDULE_TYPES
from shared.upscalers import UPSCALERS
from tests.unit.api import Api
from tests.unit.calls import AwsCalls


def test_ping_answers_without_a_call_to_aws(api: Api, aws_calls: AwsCalls) -> None:
    answer = api.get("/ping")
    assert (answer.status, answer.body) == (200, {"status": "ok"})
    assert aws_calls == []


def test_capabilities_are_the_choices_that_an_order_may_make(api: Api) -> None:
    answer = api.get("/capabilities")
    assert (answer.status, answer.body) == (
        200,
        {
            "samplers": list(SAMPLERS),
            "schedule_types": list(SCHEDULE_TYPES),
            "upscalers": list(UPSCALERS),
            "preprocessors": list(PREPROCESSORS),
            "image_formats": ["png", "jpg", "jpeg", "webp"],
        },
    )


def test_the_contract_is_answered_as_it_is_written(api: Api, aws_calls: AwsCalls) -> None:
    answer = api.get("/openapi.json")
    assert (answer.status, answer.body) == (200, json.loads(CONTRACT.read_text()))
    assert aws_calls == []
