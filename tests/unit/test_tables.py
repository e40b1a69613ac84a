"""What DynamoDB does under load, and moto does not."""

from typing import Any

import pytest

from shared.cloud import Cloud
from shared.tables.items import read
from tests.unit.things import add_endpoint


def test_keys_that_dynamodb_had_no_capacity_for_are_asked_for_again(
    aws: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_endpoint(aws)
    really = aws.dynamodb.batch_get_item
    asked: list[Any] = []

    def busy(**request: Any) -> Any:
        asked.append(request["RequestItems"])
        return {"Responses": {}, "UnprocessedKeys": asked[0]} if len(asked) == 1 else really(**request)

    monkeypatch.setattr(aws.dynamodb, "batch_get_item", busy)
    (endpoint,) = read(aws.dynamodb, [aws.endpoints.address("goc-dev-one")])
    assert endpoint
    assert endpoint["name"] == "goc-dev-one"
    assert len(asked) == 2
