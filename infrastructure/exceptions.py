"""What cdk-nag's AwsSolutions pack asks for and this stack does differently, each with its reason."""

from typing import cast

from aws_cdk import Acknowledgment, CfnElement, Stack, Validations
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_iam as iam
from constructs import IConstruct

from infrastructure.api import Api
from infrastructure.config import Config
from infrastructure.console import Console
from infrastructure.events import Events
from infrastructure.functions import Functions
from infrastructure.storage import Storage

_API = {
    "APIG2": "The functions check every request against its type, and name each wrong field in their answer.",
    "APIG3": "A web ACL bills by the month; keys, throttling and a quota stand before the functions.",
    "APIG4": "Callers are known by their API keys, which every route but a browser's preflight asks for.",
    "APIG6": "The access log and the functions' own logs say what happened; an execution log would hold headers.",
    "COG4": "Users are whoever holds an API key; there is no user pool.",
    "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]": (
        "The account's role for the gateways' logs, whose policy AWS keeps for exactly this."
    ),
}
_HERE = "arn:<AWS::Partition>:{service}:<AWS::Region>:<AWS::AccountId>"
_NOWHERE = (
    "xray:PutTraceSegments and xray:PutTelemetryRecords: X-Ray has no resources that a policy could name. "
    "sagemaker:ListEndpoints: it lists a whole account or nothing."
)
_HOSTING = (
    "ecr:GetAuthorizationToken: a registry's token is not of one repository; what it opens, other rights say. "
    "cloudwatch:PutMetricData: a metric has no resource; that it is one of SageMaker's is a condition."
)
_REGISTRY = "ecr:GetAuthorizationToken: a registry's token is not of one repository; what it opens, other rights say."
_OBJECTS = "The pictures and models of one prefix, whose names are made at run time."
_ENDPOINTS = "The endpoints of this deployment, which come and go by the API; the prefix is theirs alone."
_TARGETS = "AWS names scalable targets itself; that it is one of SageMaker's is a condition of what is done to it."
_ALARMS = "cloudwatch:DescribeAlarms, which Application Auto Scaling asks for, lists a whole account or nothing."


_BUILD = (
    "What a library (cdklabs-deploy-time-build) lets the building of the image do: its source, its logs, its registry."
)
_ASSETS = "arn:<AWS::Partition>:s3:::cdk-hnb659fds-assets-<AWS::AccountId>-<AWS::Region>/*"
_BUILDER = {
    "CB4": "What it builds is no secret: the image's source is public.",
    "L1": "The library chooses the runtime of its function.",
    "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]": _BUILD,
    "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AmazonElasticContainerRegistryPublicReadOnly]": _BUILD,
    "IAM5[Resource::*]": _REGISTRY,
    "IAM5[Action::s3:GetBucket*]": _BUILD,
    "IAM5[Action::s3:GetObject*]": _BUILD,
    "IAM5[Action::s3:List*]": _BUILD,
    f"IAM5[Resource::{_ASSETS}]": _BUILD,
}


_COPY = "What the CDK's own deployment of files lets its function do: read their asset, write the page's bucket."
_COPIER = {
    "L1": "The CDK chooses the runtime of its function.",
    "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]": _COPY,
    f"IAM5[Resource::{_ASSETS}]": _COPY,
    **{f"IAM5[Action::s3:{action}*]": _COPY for action in ("GetBucket", "GetObject", "List", "Abort", "DeleteObject")},
}
_PAGE = {
    "S1": "The page is public; who fetches its files is nothing to know.",
    "CFR1": "The page says nothing that a country should not see.",
    "CFR2": "A web ACL bills by the month; there are files behind this, and nothing that runs.",
    "CFR3": "The page is public; who fetches its files is nothing to know.",
    "CFR4": "The protocol can be chosen only with a domain of one's own; browsers choose TLS 1.3.",
}


def acknowledge(
    config: Config, storage: Storage, functions: Functions, events: Events, api: Api, endpoint_role: iam.Role
) -> None:
    """Record every exception on exactly the constructs that it holds for."""
    bucket = Stack.of(storage).get_logical_id(cast("CfnElement", storage.bucket.node.default_child))
    objects = {
        f"IAM5[Resource::<{bucket}.Arn>/{name}]": _OBJECTS
        for name in ("jobs/*", "models/*", "jobs/*/outputs/*", "uploads/*")
    }
    _record(
        storage.bucket, {"S1": "Who asks for which object is in CloudTrail, where its data events are switched on."}
    )
    _record(events.dead_letters, {"SQS3": "It is a dead-letter queue itself: of rules and of functions."})
    _record(api, _API)
    logs = f"{_HERE.format(service='logs')}:log-group:/aws/sagemaker/Endpoints/{config.endpoint_prefix}*"
    _record(endpoint_role, objects | {f"IAM5[Resource::{logs}]": _ENDPOINTS, "IAM5[Resource::*]": _HOSTING})
    _record_image_build(Stack.of(storage))
    inputs = {f"IAM5[Resource::<{bucket}.Arn>/jobs/*/inputs/*]": _OBJECTS}
    _record(functions, objects | inputs | _of_endpoints(config) | {"IAM5[Resource::*]": _NOWHERE})


def _of_endpoints(config: Config) -> dict[str, str]:
    """Exceptions for wildcards in the names of endpoints, of their parts and of their scaling."""
    sagemaker, alarm = _HERE.format(service="sagemaker"), f"{_HERE.format(service='cloudwatch')}:alarm"
    prefix = f"{config.endpoint_prefix}*"
    own = [
        *(f"{sagemaker}:{kind}/{prefix}" for kind in ("model", "endpoint-config", "endpoint")),
        *(f"{alarm}:{name}{prefix}" for name in ("", "TargetTracking-endpoint/")),
    ]
    return {f"IAM5[Resource::{each}]": _ENDPOINTS for each in own} | {
        f"IAM5[Resource::{_HERE.format(service='application-autoscaling')}:scalable-target/*]": _TARGETS,
        f"IAM5[Resource::{alarm}:*]": _ALARMS,
    }


def acknowledge_page(console: Console) -> None:
    """The same for the web page, and for the constructs by which the CDK puts it there."""
    stack = Stack.of(console)
    bucket = stack.get_logical_id(cast("CfnElement", console.bucket.node.default_child))
    _record(console, _PAGE)
    for part in stack.node.children:
        if part.node.id.startswith("Custom::CDKBucketDeployment"):
            _record(part, _COPIER | {f"IAM5[Resource::<{bucket}.Arn>/*]": _COPY})


def _record(where: IConstruct, exceptions: dict[str, str]) -> None:
    rules = [Acknowledgment(id=f"AwsSolutions::AwsSolutions-{id}", reason=reason) for id, reason in exceptions.items()]
    Validations.of(where).acknowledge(*rules)


def _record_image_build(stack: Stack) -> None:
    """For the constructs that a library puts directly into the stack, not into ours."""
    for part in stack.node.children:
        if part.node.id.startswith(("DeployTimeBuild", "ContainerImageBuild")):
            _record(part, _BUILDER)
        if isinstance(part, codebuild.Project):
            project = stack.get_logical_id(cast("CfnElement", part.node.default_child))
            logs = f"{_HERE.format(service='logs')}:log-group:/aws/codebuild/<{project}>:*"
            reports = f"{_HERE.format(service='codebuild')}:report-group/<{project}>-*"
            _record(part, {f"IAM5[Resource::{each}]": _BUILD for each in (logs, reports)})
