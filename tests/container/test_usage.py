"""When a model was last drawn with."""

import logging
import threading

import boto3
import pytest
from aws_cdk.assertions import Template
from botocore.exceptions import ClientError

from container import usage
from container.usage import Usage
from shared.shapes import Model
from shared.tables.models import Models, StoredModel
from tests.container.aws import MODEL, Aws
from tests.tables import as_declared


@pytest.fixture
def table(aws: Aws, template: Template) -> Models:
    client = boto3.client("dynamodb")
    client.create_table(TableName="models", **as_declared(template, "models"))
    table = Models(client, "models")
    assert table.write(StoredModel(**MODEL.model_dump()), None)
    return table


def last_used(table: Models) -> object:
    found = table.get(MODEL.type, MODEL.name)
    return found and found.last_used_at


def test_a_models_use_is_in_its_record(table: Models) -> None:
    assert last_used(table) is None
    Usage(table).note([MODEL]).result()
    assert last_used(table)


def test_it_is_written_once_an_hour_by_all_endpoints_together(table: Models) -> None:
    Usage(table).note([MODEL]).result()
    first = last_used(table)
    Usage(table).note([MODEL]).result()  # another endpoint's
    assert last_used(table) == first


def test_an_endpoint_that_has_told_does_not_ask_again_within_the_hour(
    table: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Model] = []
    monkeypatch.setattr(table, "used", asked.append)
    clock = [0.0]
    monkeypatch.setattr(usage, "monotonic", lambda: clock[0])
    mine = Usage(table)
    for moment in (0, 3599, 3600):
        clock[0] = moment
        mine.note([MODEL]).result()
    assert len(asked) == 2


def test_a_model_that_is_gone_gets_no_record(table: Models) -> None:
    Usage(table).note([MODEL.model_copy(update={"name": "gone"})]).result()
    assert table.get(MODEL.type, "gone") is None


def test_no_drawing_waits_for_its_sake(table: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(table, "used", lambda _: go_on.wait(10))
    noted = Usage(table).note([MODEL])
    assert not noted.done()
    go_on.set()
    noted.result()


def test_no_drawing_fails_for_its_sake(
    table: Models, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_: Model) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "UpdateItem")

    monkeypatch.setattr(table, "used", refuse)
    with caplog.at_level(logging.WARNING):
        Usage(table).note([MODEL]).result()
    assert "not written" in caplog.text
