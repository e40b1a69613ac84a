"""What the stack promises, held against the template that CloudFormation is given."""

import json
from typing import Any

import pytest
from aws_cdk import App
from aws_cdk.assertions import Match, Template
from pydantic import ValidationError

from infrastructure.config import Config
from shared.settings import Settings
from tests.stack import synthesize


@pytest.fixture(scope="module")
def production() -> Template:
    return synthesize(stage="production")


def properties(template: Template, type: str) -> dict[str, dict[str, Any]]:
    return {id: resource["Properties"] for id, resource in template.find_resources(type).items()}


def statements(template: Template) -> list[dict[str, Any]]:
    """Every statement of every role's policies."""
    policies = properties(template, "AWS::IAM::Policy").values()
    return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]


def test_a_jobs_partition_is_its_owner_and_its_order_is_its_time(template: Template) -> None:
    template.has_resource_properties(
        "AWS::DynamoDB::Table",
        {
            "KeySchema": [
                {"AttributeName": "owner", "KeyType": "HASH"},
                {"AttributeName": "id", "KeyType": "RANGE"},
            ],
            "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
        },
    )


def test_every_table_is_paid_by_use_and_can_be_restored(template: Template) -> None:
    tables = properties(template, "AWS::DynamoDB::Table")
    assert len(tables) == 3
    for table in tables.values():
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_the_list_projects_no_more_than_it_shows(template: Template) -> None:
    (indexes,) = [
        table["GlobalSecondaryIndexes"]
        for table in properties(template, "AWS::DynamoDB::Table").values()
        if "GlobalSecondaryIndexes" in table
    ]
    (index,) = [index for index in indexes if index["IndexName"] == "list"]
    assert index["Projection"]["ProjectionType"] == "INCLUDE"
    assert {"parameters", "images"}.isdisjoint(index["Projection"]["NonKeyAttributes"])


def test_the_bucket_is_private_and_takes_only_tls(template: Template) -> None:
    template.has_resource_properties(
        "AWS::S3::Bucket",
        {
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
            "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
        },
    )
    refusal = {"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    template.has_resource_properties(
        "AWS::S3::BucketPolicy",
        {"PolicyDocument": {"Statement": Match.array_with([Match.object_like(refusal)])}},
    )


def test_what_is_no_longer_wanted_leaves_the_bucket_by_itself(template: Template) -> None:
    (bucket,) = properties(template, "AWS::S3::Bucket").values()
    rules = {rule.get("Prefix"): rule for rule in bucket["LifecycleConfiguration"]["Rules"]}
    assert rules["uploads/"]["ExpirationInDays"] == 1
    assert rules["jobs/"]["ExpirationInDays"] == 30
    assert rules[None]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 2}


def test_in_production_tables_and_bucket_outlive_the_stack(production: Template) -> None:
    for type in ("AWS::DynamoDB::Table", "AWS::S3::Bucket"):
        for resource in production.find_resources(type).values():
            assert resource["DeletionPolicy"] == "Retain"
    for table in properties(production, "AWS::DynamoDB::Table").values():
        assert table["DeletionProtectionEnabled"] is True


def test_every_function_has_a_role_a_log_and_the_settings_of_its_own(template: Template) -> None:
    functions = properties(template, "AWS::Lambda::Function")
    roles = [json.dumps(function["Role"]) for function in functions.values()]
    logs = [json.dumps(function["LoggingConfig"]) for function in functions.values()]
    assert len(set(roles)) == len(set(logs)) == len(functions) == 7
    for function in functions.values():
        assert {name.upper() for name in Settings.model_fields} <= set(function["Environment"]["Variables"])


def test_logs_are_kept_for_a_month(template: Template) -> None:
    assert {log["RetentionInDays"] for log in properties(template, "AWS::Logs::LogGroup").values()} == {30}


def test_no_policy_has_a_wildcard_for_an_action_or_all_resources(template: Template) -> None:
    for statement in statements(template):
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        assert not any("*" in action for action in actions), statement
        assert statement["Resource"] != "*", statement


def test_only_jobs_may_call_endpoints_and_only_those_of_this_deployment(template: Template) -> None:
    (statement,) = [each for each in statements(template) if "sagemaker:InvokeEndpointAsync" in str(each["Action"])]
    assert statement["Resource"]["Fn::Join"][1][-1] == ":endpoint/goc-dev-*"


def test_no_arn_names_a_partition_a_region_or_an_account(template: Template) -> None:
    written = json.dumps(template.to_json())
    assert "arn:aws:" not in written
    assert "us-east-1" not in written


def test_every_route_asks_for_a_key(template: Template) -> None:
    methods = properties(template, "AWS::ApiGateway::Method").values()
    assert len(methods) == 6
    assert all(method["ApiKeyRequired"] for method in methods)


@pytest.mark.parametrize(
    "refusal",
    [
        "INVALID_API_KEY",
        "MISSING_AUTHENTICATION_TOKEN",
        "THROTTLED",
        "QUOTA_EXCEEDED",
        "REQUEST_TOO_LARGE",
        "DEFAULT_5XX",
    ],
)
def test_the_gateways_own_refusals_are_problems_too(template: Template, refusal: str) -> None:
    template.has_resource_properties(
        "AWS::ApiGateway::GatewayResponse",
        {
            "ResponseType": refusal,
            "ResponseParameters": {"gatewayresponse.header.Content-Type": "'application/problem+json'"},
        },
    )


def test_notices_go_through_a_queue_that_keeps_what_fails_three_times(template: Template) -> None:
    template.resource_count_is("AWS::SNS::Topic", 2)
    template.all_resources_properties("AWS::SNS::Subscription", {"Protocol": "sqs", "RawMessageDelivery": True})
    template.has_resource_properties("AWS::SQS::Queue", {"RedrivePolicy": {"maxReceiveCount": 3}})
    template.has_resource_properties(
        "AWS::Lambda::EventSourceMapping", {"FunctionResponseTypes": ["ReportBatchItemFailures"]}
    )


def test_the_state_of_this_deployments_endpoints_alone_is_followed(template: Template) -> None:
    template.has_resource_properties(
        "AWS::Events::Rule",
        {
            "EventPattern": {
                "source": ["aws.sagemaker"],
                "detail-type": ["SageMaker Endpoint State Change"],
                "detail": {"EndpointName": [{"prefix": "goc-dev-"}]},
            }
        },
    )


def test_two_stages_share_no_name() -> None:
    one, two = synthesize(stage="one").to_json(), synthesize(stage="two").to_json()
    assert "goc-one-" in json.dumps(one)
    assert "goc-one-" not in json.dumps(two)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("stage", "My Stage"),
        ("python", "3.9"),
        ("architecture", "sparc"),
        ("inline_bodies", "maybe"),
        ("deadline_seconds", "59"),
        ("deadline_seconds", "an hour"),
        ("retention_days", "0"),
        ("requests_per_second", "0"),
    ],
)
def test_a_setting_with_a_wrong_value_is_refused_by_name(setting: str, value: str) -> None:
    with pytest.raises(ValidationError, match=setting):
        Config.from_context(App(context={setting: value}).node)
