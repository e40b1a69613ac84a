"""Keys as an operator handles them: `goc keys`."""

import json
import subprocess
import sys
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from goc.commands import main
from goc.keys import stack_name
from infrastructure.config import Config
from local.place import ROOT
from shared.keys import owner_of
from tests.unit.calls import stop_after

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
        boto3.client("cloudformation").create_stack(StackName=stack_name("dev"), TemplateBody=json.dumps(template))
        yield


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The standard output of a command, which has to succeed."""
    assert main(["keys", *arguments], {}) == 0
    return capsys.readouterr().out.strip()


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["keys", *arguments], {}) == 1
    output = capsys.readouterr()
    assert not output.out
    assert len(output.err.splitlines()) == 1
    return output.err


def enabled(value: str) -> bool:
    """Whether the gateway knows the key and lets it through."""
    keys = boto3.client("apigateway").get_api_keys(includeValues=True)["items"]
    return any(key["value"] == value and key["enabled"] for key in keys)


def test_a_key_is_printed_once_and_never_listed(capsys: pytest.CaptureFixture[str]) -> None:
    value = said(capsys, "create", "alice")
    assert enabled(value)
    listed = said(capsys, "list")
    assert listed.startswith("alice\t")
    assert value not in listed
    assert len(listed.splitlines()) == 1  # the other API's key is not this deployment's


def test_a_second_key_of_the_same_name_has_the_same_owner(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = (said(capsys, "create", "alice") for _ in range(2))
    assert first != second
    assert owner_of(first) == owner_of(second)
    assert owner_of(first) != owner_of(said(capsys, "create", "bob"))


def test_revoking_a_name_ends_all_its_keys_and_no_others(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = (said(capsys, "create", "alice") for _ in range(2))
    bobs = said(capsys, "create", "bob")
    said(capsys, "revoke", "alice")
    assert not enabled(first)
    assert not enabled(second)
    assert enabled(bobs)
    assert enabled(ANOTHER)


def test_revoking_an_id_ends_that_key_alone(capsys: pytest.CaptureFixture[str]) -> None:
    first = said(capsys, "create", "alice")
    id = said(capsys, "list").split()[1]
    second = said(capsys, "create", "alice")
    said(capsys, "revoke", id)
    assert not enabled(first)
    assert enabled(second)


def test_a_key_whose_making_broke_off_is_shown_as_one_that_opens_nothing_and_can_be_revoked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stop_after(2, lambda: main(["keys", "create", "alice"], {}))
    half = json.loads(said(capsys, "list", "--json"))
    assert [(key["name"], key["enabled"]) for key in half] == [("alice", False)]
    value = said(capsys, "create", "alice")
    assert [line.split()[-1] for line in said(capsys, "list").splitlines()] == ["disabled", "enabled"]
    said(capsys, "revoke", half[0]["id"])
    assert enabled(value)
    assert len(said(capsys, "list").splitlines()) == 1


def test_a_key_whose_revoking_broke_off_can_be_revoked_again(capsys: pytest.CaptureFixture[str]) -> None:
    value = said(capsys, "create", "alice")
    stop_after(4, lambda: main(["keys", "revoke", "alice"], {}))
    assert said(capsys, "list").endswith("disabled")
    said(capsys, "revoke", "alice")
    assert not enabled(value)
    assert not said(capsys, "list")
    assert enabled(ANOTHER)


@pytest.mark.parametrize("name", ["", " ", "-alice", "alice smith", "al\nice", "ä", "a" * 65])
def test_a_name_that_is_none_is_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"{name!r} can't be a name" in refused(capsys, "create", "--", name)
    assert not said(capsys, "list")


def test_a_key_that_does_not_exist_is_not_revoked_in_silence(capsys: pytest.CaptureFixture[str]) -> None:
    assert "No key has the name or the id 'alcie'" in refused(capsys, "revoke", "alcie")


def test_a_stage_that_is_not_deployed_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert "no stack GenerateOnCloud-production" in refused(capsys, "list", "--stage", "production")


def test_a_stack_is_called_as_the_deployment_calls_it() -> None:
    assert stack_name("production") == Config(stage="production").stack_name


def test_keys_are_documents_for_scripts(capsys: pytest.CaptureFixture[str]) -> None:
    created = json.loads(said(capsys, "create", "alice", "--json"))
    assert enabled(created["key"])
    (listed,) = json.loads(said(capsys, "list", "--json"))
    assert (listed["name"], listed["enabled"]) == ("alice", True)
    assert json.loads(said(capsys, "revoke", "alice", "--json")) == {"deleted": [listed["id"]]}


def test_a_region_that_is_not_set_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_CONFIG_FILE", "none")
    assert "region" in refused(capsys, "list")


def test_aws_s_library_is_loaded_by_no_other_command() -> None:
    code = "import sys; from goc.commands import main; main(['models', 'list'], {}); sys.exit('boto3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True).returncode == 0


def test_a_stage_that_can_be_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "stage" in refused(capsys, "list", "--stage", "My Stage")
