"""What a new AWS account refuses: instances beyond a quota, and a type that has run out."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from local.sagemaker.app import build_app
from local.sagemaker.settings import Settings
from tests.local.clients import Client
from tests.local.conftest import settings_for
from tests.local.fake_aws import FakeAws
from tests.local.serving import served
from tests.waiting import eventually

ADVICE = (
    "Please use AWS Service Quotas to request an increase for this quota. If AWS Service Quotas is not available, "
    "contact AWS support to request an increase for this quota."
)


@pytest.fixture
def account(aws: FakeAws, tmp_path: Path) -> Iterator[Client]:
    """A new account, with the quotas of one."""
    with served(build_app(replace(settings_for(aws, tmp_path), instance_quota=Settings.instance_quota))) as url:
        yield Client(url)


def refusal(client: Client, config: str) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        client.control.create_endpoint(EndpointName=config, EndpointConfigName=config)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_new_account_has_none_of_the_largest_types(account: Client) -> None:
    code, message = refusal(account, account.configure(instance_type="ml.p4d.24xlarge"))

    assert code == "ResourceLimitExceeded"
    assert message == (
        "The account-level service limit 'ml.p4d.24xlarge for endpoint usage' is 0 Instances, with current utilization "
        f"of 0 Instances and a request delta of 1 Instances. {ADVICE}"
    )
    assert not account.control.list_endpoints()["Endpoints"]


def test_four_of_one_type_are_to_be_had_over_all_endpoints(account: Client) -> None:
    first = account.deploy(account.configure(count=3))
    account.deploy(account.configure(instance_type="ml.g4dn.xlarge"))

    code, message = refusal(account, account.configure(count=2))
    account.control.delete_endpoint(EndpointName=first)
    eventually(lambda: len(account.control.list_endpoints()["Endpoints"]) == 1)
    second = account.deploy(account.configure(count=2))

    assert code == "ResourceLimitExceeded"
    assert "is 4 Instances, with current utilization of 3 Instances and a request delta of 2 Instances" in message
    assert account.instances(second) == (2, 2)


def test_an_endpoint_that_failed_uses_up_no_quota(account: Client) -> None:
    failed = account.configure({"EXIT": "1"}, count=4)
    account.control.create_endpoint(EndpointName=failed, EndpointConfigName=failed)
    account.wait_for(failed, "Failed")

    assert account.deploy(account.configure(count=4))


def test_scaling_beyond_the_quota_does_not_happen(account: Client, caplog: pytest.LogCaptureFixture) -> None:
    endpoint = account.deploy()

    account.register(endpoint, 5, 6)
    eventually(lambda: "'ml.g5.xlarge for endpoint usage' is 4 Instances" in caplog.text)

    assert account.instances(endpoint) == (1, 1)
    account.register(endpoint, 4, 6)
    account.wait_for_instances(endpoint, 4)


def test_an_update_needs_room_for_the_new_instances_beside_the_old(account: Client) -> None:
    endpoint, other = account.deploy(account.configure(count=3)), account.configure(count=2)

    with pytest.raises(ClientError, match=r"ResourceLimitExceeded.*a request delta of 2 Instances"):
        account.control.update_endpoint(EndpointName=endpoint, EndpointConfigName=other)


def test_an_endpoint_of_a_type_that_has_run_out_fails_and_says_so(account: Client) -> None:
    name = account.configure(instance_type="ml.g5.48xlarge")

    account.control.create_endpoint(EndpointName=name, EndpointConfigName=name)
    account.wait_for(name, "Failed")

    assert account.control.describe_endpoint(EndpointName=name)["FailureReason"] == (
        "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error. "
        "Please retry using a different ML instance type or after some time."
    )
