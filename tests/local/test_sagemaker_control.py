"""The control plane: models, configs and endpoints, their states, and the words of its refusals."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from local.sagemaker.app import build_app
from tests.local.clients import ROLE, Client, variant
from tests.local.conftest import settings_for
from tests.local.fake_aws import FUNCTION, FakeAws
from tests.local.serving import served
from tests.waiting import eventually

ARN = "arn:aws:sagemaker:us-east-1:000000000000"


def test_an_endpoint_is_created_and_comes_into_service(unhurried: Client, aws: FakeAws) -> None:
    name = unhurried.configure()

    created = unhurried.control.create_endpoint(EndpointName=name, EndpointConfigName=name)
    first = unhurried.control.describe_endpoint(EndpointName=name)
    unhurried.wait_for(name, "InService")

    described = unhurried.control.describe_endpoint(EndpointName=name)
    assert created["EndpointArn"] == f"{ARN}:endpoint/{name}"
    assert first["EndpointStatus"] == "Creating"
    assert described["EndpointConfigName"] == name
    assert described["ProductionVariants"][0]["CurrentInstanceCount"] == 1
    assert described["LastModifiedTime"] > described["CreationTime"]
    assert eventually(lambda: aws.states(name)[1:]) == ["IN_SERVICE"]


def test_an_event_has_the_shape_of_eventbridge(emulator: Client, aws: FakeAws) -> None:
    name = emulator.deploy()

    event = eventually(lambda: [event for event in aws.events if event["detail"]["EndpointName"] == name])[0]

    assert event["target"] == FUNCTION
    assert event["source"] == "aws.sagemaker"
    assert event["detail-type"] == "SageMaker Endpoint State Change"
    assert (event["account"], event["region"]) == ("000000000000", "us-east-1")
    assert event["resources"] == [f"{ARN}:endpoint/{name}"]
    assert event["detail"]["EndpointStatus"] == "CREATING"
    assert event["detail"]["LastModifiedTime"] >= event["detail"]["CreationTime"] > 1_700_000_000_000


def test_an_event_that_the_function_refuses_is_sent_again(emulator: Client, aws: FakeAws) -> None:
    aws.refused_events = 2

    name = emulator.deploy()

    assert eventually(lambda: aws.states(name)[1:]) == ["IN_SERVICE"]


def test_an_endpoint_whose_container_dies_at_once_fails(emulator: Client, aws: FakeAws) -> None:
    name = emulator.configure({"EXIT": "1"})
    emulator.control.create_endpoint(EndpointName=name, EndpointConfigName=name)
    emulator.wait_for(name, "Failed")

    reason = emulator.control.describe_endpoint(EndpointName=name)["FailureReason"]
    assert "did not pass the ping health check: it exited with status 3" in reason
    assert eventually(lambda: aws.states(name)[1:]) == ["FAILED"]
    with pytest.raises(ClientError, match="not found"):
        emulator.order(name, {})
    with pytest.raises(ClientError, match="Cannot update failed endpoint"):
        emulator.control.update_endpoint(EndpointName=name, EndpointConfigName=name)


def test_an_endpoint_whose_container_never_answers_a_ping_fails(aws: FakeAws, tmp_path: Path) -> None:
    impatient = replace(settings_for(aws, tmp_path), startup_seconds=0.5)

    with served(build_app(impatient)) as url:
        client = Client(url)
        name = client.configure({"SILENT": "1"})
        client.control.create_endpoint(EndpointName=name, EndpointConfigName=name)
        client.wait_for(name, "Failed")
        described = client.control.describe_endpoint(EndpointName=name)

    assert "it did not answer /ping within 0.5 s" in described["FailureReason"]


def test_an_update_puts_another_config_in_service(unhurried: Client, aws: FakeAws) -> None:
    name, other = unhurried.deploy(), unhurried.configure(S3OutputPath="s3://bucket/elsewhere")

    unhurried.control.update_endpoint(EndpointName=name, EndpointConfigName=other)
    during = unhurried.control.describe_endpoint(EndpointName=name)
    unhurried.wait_for(name, "InService")

    answer = unhurried.runtime.invoke_endpoint_async(EndpointName=name, Body=b"{}")
    assert during["EndpointStatus"] == "Updating"
    assert during["PendingDeploymentSummary"]["EndpointConfigName"] == other
    after = unhurried.control.describe_endpoint(EndpointName=name)
    assert (after["EndpointConfigName"], "PendingDeploymentSummary" in after) == (other, False)
    assert aws.notice(answer["InferenceId"]).notice["invocationStatus"] == "Completed"
    assert answer["OutputLocation"].startswith("s3://bucket/elsewhere/")
    assert eventually(lambda: aws.states(name)[3:]) == ["IN_SERVICE"]
    assert aws.states(name)[2] == "UPDATING"


def test_an_update_that_does_not_come_up_is_rolled_back(emulator: Client, aws: FakeAws) -> None:
    name, broken = emulator.deploy(), emulator.configure({"EXIT": "1"})

    emulator.control.update_endpoint(EndpointName=name, EndpointConfigName=broken)
    during = emulator.order(name, {})
    emulator.wait_for(name, "InService")

    described = emulator.control.describe_endpoint(EndpointName=name)
    assert described["EndpointConfigName"] == name
    assert "ping health check" in described["FailureReason"]
    assert aws.notice(during).notice["invocationStatus"] == "Completed"


def test_a_deleted_endpoint_is_gone_and_its_name_free(unhurried: Client, aws: FakeAws) -> None:
    name = unhurried.deploy()

    unhurried.control.delete_endpoint(EndpointName=name)
    status = unhurried.status(name)
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        unhurried.control.delete_endpoint(EndpointName=name)
    eventually(lambda: name not in [one["EndpointName"] for one in listed(unhurried)])

    assert status == "Deleting"
    with pytest.raises(ClientError, match=f'ValidationException.*Could not find endpoint "{ARN}:endpoint/{name}"'):
        unhurried.control.describe_endpoint(EndpointName=name)
    assert aws.states(name)[-1] == "DELETING"
    unhurried.deploy(name)


def test_an_endpoint_outlives_its_config_and_model(emulator: Client, aws: FakeAws) -> None:
    name = emulator.deploy()

    emulator.control.delete_endpoint_config(EndpointConfigName=name)
    emulator.control.delete_model(ModelName=name)

    assert aws.notice(emulator.order(name, {})).notice["invocationStatus"] == "Completed"
    with pytest.raises(ClientError, match="Could not find endpoint configuration"):
        emulator.control.describe_endpoint_config(EndpointConfigName=name)
    with pytest.raises(ClientError, match="Could not find model"):
        emulator.control.describe_model(ModelName=name)


def test_a_name_that_is_taken_is_refused(emulator: Client) -> None:
    name = emulator.deploy()

    with pytest.raises(ClientError, match=f'Cannot create already existing endpoint "{ARN}:endpoint/{name}"'):
        emulator.control.create_endpoint(EndpointName=name, EndpointConfigName=name)


def test_a_config_needs_a_model_and_an_endpoint_a_config(emulator: Client) -> None:
    asynchronous: Any = {"OutputConfig": {"S3OutputPath": "s3://bucket/out"}}

    with pytest.raises(ClientError, match=f'Could not find model "{ARN}:model/none"'):
        emulator.control.create_endpoint_config(
            EndpointConfigName="any", ProductionVariants=[variant("none")], AsyncInferenceConfig=asynchronous
        )
    with pytest.raises(ClientError, match=f'Could not find endpoint configuration "{ARN}:endpoint-config/none"'):
        emulator.control.create_endpoint(EndpointName="any", EndpointConfigName="none")


def test_a_model_and_a_config_are_described_as_they_were_created(emulator: Client) -> None:
    name = emulator.configure({"NAME": "value"})

    model = emulator.control.describe_model(ModelName=name)
    config = emulator.control.describe_endpoint_config(EndpointConfigName=name)

    assert model["PrimaryContainer"]["Environment"] == {"NAME": "value"}
    assert model["ExecutionRoleArn"] == ROLE
    assert config["ProductionVariants"] == [variant(name)]
    assert config["AsyncInferenceConfig"]["ClientConfig"] == {"MaxConcurrentInvocationsPerInstance": 1}


def test_tags_are_kept_added_to_and_told(unhurried: Client, aws: FakeAws) -> None:
    config = unhurried.configure()
    owner: Any = {"Key": "owner", "Value": "one"}
    answer = unhurried.control.create_endpoint(EndpointName=config, EndpointConfigName=config, Tags=[owner])
    arn = answer["EndpointArn"]

    unhurried.control.add_tags(ResourceArn=arn, Tags=[{"Key": "stage", "Value": "dev"}])
    unhurried.control.add_tags(ResourceArn=arn, Tags=[{"Key": "stage", "Value": "test"}])
    unhurried.control.add_tags(ResourceArn=f"{ARN}:model/{config}", Tags=[owner])
    unhurried.wait_for(config, "InService")

    assert unhurried.control.list_tags(ResourceArn=arn)["Tags"] == [owner, {"Key": "stage", "Value": "test"}]
    assert unhurried.control.list_tags(ResourceArn=f"{ARN}:model/{config}")["Tags"] == [owner]
    assert unhurried.control.list_tags(ResourceArn=f"{ARN}:endpoint-config/{config}")["Tags"] == []
    eventually(lambda: aws.states(config)[1:])
    assert aws.told(config)[-1]["detail"]["Tags"] == {"owner": "one", "stage": "test"}
    with pytest.raises(ClientError, match=f'Could not find resource "{ARN}:endpoint/none"'):
        unhurried.control.list_tags(ResourceArn=f"{ARN}:endpoint/none")


def test_endpoints_are_listed_newest_first_by_filter_and_page(emulator: Client) -> None:
    older, newer = emulator.deploy(), emulator.deploy()

    page = emulator.control.list_endpoints(MaxResults=1, StatusEquals="InService")
    rest = emulator.control.list_endpoints(NextToken=page["NextToken"], MaxResults=1)
    since = emulator.control.describe_endpoint(EndpointName=older)["CreationTime"]

    assert [one["EndpointName"] for one in page["Endpoints"] + rest["Endpoints"]] == [newer, older]
    assert page["Endpoints"][0].keys() == {
        "EndpointName", "EndpointArn", "EndpointStatus", "CreationTime", "LastModifiedTime"
    }  # fmt: skip
    assert [one["EndpointName"] for one in listed(emulator, NameContains=older[3:])] == [older]
    assert older not in [one["EndpointName"] for one in listed(emulator, CreationTimeBefore=since.replace(year=2020))]
    assert older in [
        model["ModelName"] for model in emulator.control.list_models(SortBy="Name", MaxResults=100)["Models"]
    ]


def listed(emulator: Client, **query: Any) -> list[Any]:
    return list(emulator.control.list_endpoints(MaxResults=100, **query)["Endpoints"])


@pytest.mark.parametrize(
    ("name", "constraint"),
    [
        ("-leading", "Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"),
        ("trailing-", "Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"),
        ("under_score", "Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"),
        ("-" + "x" * 64, "Member must have length less than or equal to 63"),
    ],
)
def test_a_bad_name_is_refused_in_the_words_of_aws(emulator: Client, name: str, constraint: str) -> None:
    with pytest.raises(ClientError) as refusal:
        emulator.control.create_endpoint(EndpointName=name, EndpointConfigName="any")

    error = refusal.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert f"Value '{name}' at 'endpointName' failed to satisfy constraint: {constraint}" in error["Message"]
    assert error["Message"].startswith(("1 validation error detected: ", "2 validation errors detected: "))


def test_members_deep_inside_are_checked_too(emulator: Client) -> None:
    with pytest.raises(ClientError) as refusal:
        emulator.control.create_endpoint_config(
            EndpointConfigName="any",
            ProductionVariants=[variant("any", InstanceType="ml.huge", InitialInstanceCount=0)],
            AsyncInferenceConfig={"OutputConfig": {"NotificationConfig": {"SuccessTopic": "done"}}},
        )

    message = refusal.value.response["Error"]["Message"]
    assert message.startswith("3 validation errors detected: ")
    assert "Value 'ml.huge' at 'productionVariants.1.member.instanceType'" in message
    assert "Value '0' at 'productionVariants.1.member.initialInstanceCount'" in message
    assert "Value 'done' at 'asyncInferenceConfig.outputConfig.notificationConfig.successTopic'" in message


def test_a_map_s_keys_are_checked(emulator: Client) -> None:
    with pytest.raises(ClientError, match=r"Map keys must satisfy constraint: \[Member must satisfy regular"):
        emulator.configure({"NO-DASH": "value"})


@pytest.mark.parametrize(
    ("operation", "body", "code", "words"),
    [
        ("CreateEndpoint", '{"EndpointName": "a"}', "ValidationException", "Value null at 'endpointConfigName'"),
        ("CreateEndpoint", '{"EndpointName": 1}', "SerializationException", "cannot be converted to string"),
        ("CreateEndpoint", "no json", "SerializationException", "not JSON"),
        ("CreateEndpoint", "[]", "SerializationException", "no JSON object"),
        ("DescribeEndpoint", '{"EndpointName": "a", "Extra": 1}', "ValidationException", "'extra'"),
        ("ListEndpoints", '{"NextToken": "never given"}', "ValidationException", "NextToken"),
        ("CreateTrainingJob", "{}", "UnknownOperationException", "CreateTrainingJob"),
    ],
)
def test_what_boto3_would_not_send_is_refused(
    emulator: Client, operation: str, body: str, code: str, words: str
) -> None:
    answer = httpx.post(emulator.url, content=body, headers={"x-amz-target": f"SageMaker.{operation}"})

    assert (answer.status_code, answer.json()["__type"]) == (400, code)
    assert words in answer.json()["message"]


def test_another_service_is_an_unknown_operation(emulator: Client) -> None:
    answer = httpx.post(emulator.url, content="{}", headers={"x-amz-target": "DynamoDB.GetItem"})

    assert answer.json()["__type"] == "UnknownOperationException"


def test_what_the_emulator_cannot_run_is_refused_at_once(emulator: Client) -> None:
    with pytest.raises(ClientError, match="This emulator runs configs of one production variant"):
        emulator.control.create_endpoint_config(
            EndpointConfigName="any", ProductionVariants=[variant("a"), variant("b")]
        )
    with pytest.raises(ClientError, match="This emulator runs asynchronous endpoints only"):
        emulator.control.create_endpoint_config(EndpointConfigName="any", ProductionVariants=[variant("a")])
    with pytest.raises(ClientError, match="This emulator runs"):
        emulator.control.create_model(ModelName="any", ExecutionRoleArn=ROLE)
