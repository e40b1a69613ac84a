"""Keys as an operator handles them, at a terminal."""

import json
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from infrastructure.config import Config
from infrastructure.keys import main
from shared.keys import owner_of

ANOTHER = "x" * 20  # the key of another API


@pytest.fixture(autouse=True)
def _aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An account with the stack's usage plan, and a key that is another API's."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        gateway = boto3.client("apigateway")
        gateway.create_api_key(name="alice", value=ANOTHER, enabled=True)
        outputs = {
            "Bucket": {"Value": "pictures"},
            "UsagePlan": {"Value": gateway.create_usage_plan(name="plan")["id"]},
        }
        template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}, "Outputs": outputs}
        boto3.client("cloudformation").create_stack(StackName=Config().stack_name, TemplateBody=json.dumps(template))
        yield


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Its standard output, of a command that succeeds."""
    assert main(list(arguments)) == 0
    return capsys.readouterr().out.strip()


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(list(arguments)) == 1
    output = capsys.readouterr()
    assert not output.out
    return output.err


def enabled(value: str) -> bool:
    """Whether the gateway knows the key and lets it through."""
    keys = boto3.client("apigateway").get_api_keys(includeValues=True)["items"]
    return any(key["value"] == value and key["enabled"] for key in keys)


def test_a_key_is_printed_once_and_never_listed(capsys: pytest.CaptureFixture[str]) -> None:
    value = said(capsys, "issue", "alice")
    assert enabled(value)
    listed = said(capsys, "list")
    assert listed.startswith("alice  ")
    assert value not in listed
    assert len(listed.splitlines()) == 1  # the other API's key is not this deployment's


def test_a_second_key_of_the_same_name_has_the_same_owner(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = (said(capsys, "issue", "alice") for _ in range(2))
    assert first != second
    assert owner_of(first) == owner_of(second)
    assert owner_of(first) != owner_of(said(capsys, "issue", "bob"))


def test_revoking_a_name_ends_all_its_keys_and_no_others(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = (said(capsys, "issue", "alice") for _ in range(2))
    bobs = said(capsys, "issue", "bob")
    said(capsys, "revoke", "alice")
    assert not enabled(first)
    assert not enabled(second)
    assert enabled(bobs)
    assert enabled(ANOTHER)


def test_revoking_an_id_ends_that_key_alone(capsys: pytest.CaptureFixture[str]) -> None:
    first = said(capsys, "issue", "alice")
    id = said(capsys, "list").split()[1]
    second = said(capsys, "issue", "alice")
    said(capsys, "revoke", id)
    assert not enabled(first)
    assert enabled(second)


@pytest.mark.parametrize("name", ["", " ", "-alice", "alice smith", "al\nice", "ä", "a" * 65])
def test_a_name_that_is_none_is_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"{name!r} can't be a name" in refused(capsys, "issue", "--", name)
    assert not said(capsys, "list")


def test_a_key_that_does_not_exist_is_not_revoked_in_silence(capsys: pytest.CaptureFixture[str]) -> None:
    assert "No key has the name or the id 'alcie'" in refused(capsys, "revoke", "alcie")


def test_a_stage_that_is_not_deployed_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert "no stack GenerateOnCloud-production" in refused(capsys, "list", "--stage", "production")


def test_a_stage_that_can_be_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "stage" in refused(capsys, "list", "--stage", "My Stage")
