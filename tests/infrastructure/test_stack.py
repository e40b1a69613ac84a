"""What the stack promises, checked in the template that CloudFormation is given."""

import json
from typing import Any

import pytest
from aws_cdk.assertions import Match, Template

from shared.settings import Settings
from shared.shapes import JobSummary, Unfinished
from tests.stack import application, properties, synthesize


@pytest.fixture(scope="module")
def production() -> Template:
    return synthesize(stage="production")


# Actions for which AWS has no resources that a policy could name.
WITHOUT_RESOURCES = {
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "cloudwatch:PutMetricData",
    "ecr:GetAuthorizationToken",
    "sagemaker:ListEndpoints",
}


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


def test_the_lists_project_what_they_show_and_what_they_did_in_every_deployment_before(template: Template) -> None:
    """CloudFormation can't change the projection of an index that keeps its name."""
    (indexes,) = [
        table["GlobalSecondaryIndexes"]
        for table in properties(template, "AWS::DynamoDB::Table").values()
        if "GlobalSecondaryIndexes" in table
    ]
    projected = {index["IndexName"]: index["Projection"].get("NonKeyAttributes") for index in indexes}
    listed = ["checkpoint", "created_at", "endpoint", "finished_at", "progress", "started_at", "status", "task"]
    assert projected == {
        "list": listed,
        "status": listed,
        "unfinished": ["created_at", "deadline", "lease_until"],
        "finished": None,
    }
    assert {"id", *listed} == set(JobSummary.model_fields)
    assert {"owner", "id", *projected["unfinished"]} == set(Unfinished.model_fields)


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
    assert len(set(roles)) == len(set(logs)) == len(functions)
    for function in functions.values():
        assert {name.upper() for name in Settings.model_fields} <= set(function["Environment"]["Variables"])


def test_logs_are_kept_for_a_month(template: Template) -> None:
    assert {log["RetentionInDays"] for log in properties(template, "AWS::Logs::LogGroup").values()} == {30}


def test_no_policy_has_a_wildcard_for_an_action_or_all_resources(template: Template) -> None:
    for statement in statements(template):
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        assert not any("*" in action for action in actions), statement
        if not set(actions) <= WITHOUT_RESOURCES:
            assert statement["Resource"] != "*", statement


def test_only_jobs_may_call_endpoints_and_only_those_of_this_deployment(template: Template) -> None:
    (statement,) = [each for each in statements(template) if "sagemaker:InvokeEndpointAsync" in str(each["Action"])]
    assert statement["Resource"]["Fn::Join"][1][-1] == ":endpoint/goc-dev-*"


def test_functions_put_where_each_has_something_to_put_and_nowhere_else(template: Template) -> None:
    puts = [
        statement
        for id, policy in properties(template, "AWS::IAM::Policy").items()
        for statement in policy["PolicyDocument"]["Statement"]
        if id.startswith("Functions") and "s3:PutObject" in str(statement["Action"])
    ]
    places = sorted(statement["Resource"]["Fn::Join"][1][-1] for statement in puts)
    assert places == ["/jobs/*/inputs/*", "/jobs/*/outputs/*", "/jobs/*/outputs/*", "/models/*", "/uploads/*"]


def test_no_arn_names_a_partition_a_region_or_an_account(template: Template) -> None:
    written = json.dumps(template.to_json())
    assert "arn:aws:" not in written
    assert "us-east-1" not in written


def test_notices_go_through_a_queue_that_keeps_what_fails_three_times(template: Template) -> None:
    template.resource_properties_count_is("AWS::SNS::Subscription", {"Protocol": "sqs", "RawMessageDelivery": True}, 2)
    template.has_resource_properties("AWS::SQS::Queue", {"RedrivePolicy": {"maxReceiveCount": 3}})
    template.has_resource_properties(
        "AWS::Lambda::EventSourceMapping", {"FunctionResponseTypes": ["ReportBatchItemFailures"]}
    )


def test_an_event_that_is_not_handled_in_three_tries_is_kept(template: Template) -> None:
    for rule in properties(template, "AWS::Events::Rule").values():
        (target,) = rule["Targets"]
        assert target["RetryPolicy"]["MaximumRetryAttempts"] == 2
        assert "EventsDeadLetters" in json.dumps(target["DeadLetterConfig"])
    invoked = properties(template, "AWS::Lambda::EventInvokeConfig").values()
    assert len(invoked) == len(properties(template, "AWS::Events::Rule"))
    for config in invoked:
        assert config["MaximumRetryAttempts"] == 2
        assert "EventsDeadLetters" in json.dumps(config["DestinationConfig"]["OnFailure"])


def test_requests_are_traced_from_the_gateway_through_the_functions(template: Template) -> None:
    template.all_resources_properties("AWS::Lambda::Function", {"TracingConfig": {"Mode": "Active"}})
    template.all_resources_properties("AWS::ApiGateway::Stage", {"TracingEnabled": True})


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


def test_two_stages_share_no_name(template: Template) -> None:
    one, two = (json.dumps(each.to_json()) for each in (synthesize(stage="one"), template))
    for name in ("goc-one-", "generate-on-cloud-one"):
        assert name in one
        assert name not in two
    assert "generate-on-cloud" not in one.replace("generate-on-cloud-one", "")


def test_a_region_that_is_set_is_the_one_that_is_deployed_to() -> None:
    manifest = application(region="eu-west-1").synth().stacks[0]
    assert manifest.environment.region == "eu-west-1"
