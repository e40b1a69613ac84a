from tests.unit.api import Api
from tests.unit.calls import AwsCalls


def test_ping_answers_without_a_call_to_aws(api: Api, aws_calls: AwsCalls) -> None:
    answer = api.get("/ping")
    assert (answer.status, answer.body) == (200, {"status": "ok"})
    assert aws_calls == []
