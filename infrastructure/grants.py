"""Who may do what: every right of every function and of the endpoints, on exact resources, in one place."""

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from infrastructure.config import Config
from infrastructure.image import Image
from infrastructure.notices import Notices
from infrastructure.storage import Storage
from shared.tables.jobs import FINISHED_INDEX, LIST_INDEX, STATUS_INDEX, UNFINISHED_INDEX

_SCALING_SERVICE = "sagemaker.application-autoscaling.amazonaws.com"
_LOG = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
_PULL = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]


class Grants:
    def __init__(self, scope: Construct, config: Config, storage: Storage) -> None:
        self._bucket = storage.bucket
        self._jobs = storage.jobs.table_arn
        self._models = storage.models.table_arn
        self._endpoints = storage.endpoints.table_arn
        self._stack = Stack.of(scope)
        self._prefix = config.endpoint_prefix
        self._endpoint = self._sagemaker("endpoint")
        self._endpoint_logs = Stack.of(scope).format_arn(
            service="logs",
            resource="log-group",
            resource_name=f"/aws/sagemaker/Endpoints/{config.endpoint_prefix}*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )

    def endpoints(self, execution: iam.Role) -> list[iam.PolicyStatement]:
        return [
            *self.endpoint_changed(execution),
            _allow(["dynamodb:Query", "dynamodb:DeleteItem"], self._endpoints),
            _allow(["dynamodb:Query"], *self._indexes(UNFINISHED_INDEX, FINISHED_INDEX)),
        ]

    def endpoint_changed(self, execution: iam.Role) -> list[iam.PolicyStatement]:
        """For any step of an endpoint's life, from its first to its last."""
        return [
            _allow(["dynamodb:GetItem", "dynamodb:PutItem"], self._endpoints),
            *self._hosting(execution),
            *self._scaling(),
        ]

    def endpoint_reconciler(self, execution: iam.Role) -> list[iam.PolicyStatement]:
        return [
            *self.endpoint_changed(execution),
            _allow(["dynamodb:Query"], self._endpoints),
            _allow(["sagemaker:ListEndpoints"], "*"),
        ]

    def models(self) -> list[iam.PolicyStatement]:
        """The links to an upload's parts are signed with these rights, each link for one part of one file."""
        multipart = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
        return [
            _allow(["dynamodb:Query", "dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"], self._models),
            *self._look_for("models/*", [*multipart, "s3:GetObject", "s3:DeleteObject"]),
            # To see whether an unfinished job uses a model.
            _allow(["dynamodb:Query"], self._endpoints, *self._indexes(UNFINISHED_INDEX)),
            _allow(["dynamodb:BatchGetItem"], self._jobs),
        ]

    def model_changed(self) -> list[iam.PolicyStatement]:
        return [
            _allow(["dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"], self._models),
            # It deletes only a file whose place another has taken.
            *self._look_for("models/*", ["s3:GetObject", "s3:DeleteObject", "s3:ListMultipartUploadParts"]),
        ]

    def reconciler(self) -> list[iam.PolicyStatement]:
        return [*self.model_changed(), _allow(["dynamodb:Query"], self._models)]

    def uploads(self) -> list[iam.PolicyStatement]:
        """The right that its links are signed with, each link for one picture."""
        return [_allow(["s3:PutObject"], self._bucket.arn_for_objects("uploads/*"))]

    def jobs(self) -> list[iam.PolicyStatement]:
        return [
            _allow(["dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"], self._jobs),
            _allow(["dynamodb:Query"], *self._indexes(LIST_INDEX, STATUS_INDEX, UNFINISHED_INDEX), self._models),
            _allow(["dynamodb:BatchGetItem"], self._endpoints, self._models, self._jobs),
            _allow(["s3:PutObject"], self._bucket.arn_for_objects("jobs/*/inputs/*")),
            *self._look_for("jobs/*", ["s3:GetObject", "s3:DeleteObject"]),  # presigned links need GetObject too
            _allow(["s3:GetObject"], self._bucket.arn_for_objects("uploads/*")),
            _allow(["sagemaker:InvokeEndpointAsync"], self._endpoint),
        ]

    def completed(self) -> list[iam.PolicyStatement]:
        return [_allow(["dynamodb:UpdateItem"], self._jobs), *self._made()]

    def sweeper(self) -> list[iam.PolicyStatement]:
        return [
            _allow(["dynamodb:Query"], self._endpoints, *self._indexes(UNFINISHED_INDEX)),
            _allow(["dynamodb:UpdateItem"], self._jobs),
            *self._made(),
        ]

    def container(self, notices: Notices, image: Image) -> list[iam.PolicyStatement]:
        """What an endpoint needs: SageMaker uses the same role to start it, to store responses and to post notices."""
        return [
            _allow(["ecr:GetAuthorizationToken"], "*"),
            _allow(_PULL, image.repository.repository_arn),
            _allow(_LOG, self._endpoint_logs),
            iam.PolicyStatement(
                actions=["cloudwatch:PutMetricData"],
                resources=["*"],
                conditions={"StringLike": {"cloudwatch:namespace": "/aws/sagemaker/*"}},
            ),
            _allow(["dynamodb:UpdateItem"], self._jobs, self._models),
            *self._look_for("models/*", ["s3:GetObject"]),
            *self._look_for("jobs/*", ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"]),
            _allow(["sns:Publish"], notices.success.topic_arn, notices.error.topic_arn),
        ]

    def _hosting(self, execution: iam.Role) -> list[iam.PolicyStatement]:
        model, config, endpoint = (self._sagemaker(each) for each in ("model", "endpoint-config", "endpoint"))
        return [
            _allow(["sagemaker:CreateModel", "sagemaker:DeleteModel"], model),
            _allow(["sagemaker:CreateEndpointConfig", "sagemaker:DeleteEndpointConfig"], config),
            _allow(["sagemaker:CreateEndpoint"], endpoint, config),
            _allow(["sagemaker:DescribeEndpoint", "sagemaker:DeleteEndpoint"], endpoint),
            _allow(["sagemaker:AddTags"], model, config, endpoint),
            iam.PolicyStatement(
                actions=["iam:PassRole"],
                resources=[execution.role_arn],
                conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
            ),
        ]

    def _scaling(self) -> list[iam.PolicyStatement]:
        """Application Auto Scaling acts on endpoint and alarms with the caller's rights (AWS's guide)."""
        targets = self._arn("application-autoscaling", "scalable-target", "*")  # their names are AWS's own
        alarms = [self._alarm(self._prefix), self._alarm(f"TargetTracking-endpoint/{self._prefix}")]
        linked = f"aws-service-role/{_SCALING_SERVICE}/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
        return [
            iam.PolicyStatement(
                actions=[
                    "application-autoscaling:RegisterScalableTarget",
                    "application-autoscaling:DeregisterScalableTarget",
                    "application-autoscaling:PutScalingPolicy",
                ],
                resources=[targets],
                conditions={"StringEquals": {"application-autoscaling:service-namespace": "sagemaker"}},
            ),
            _allow(["application-autoscaling:TagResource"], targets),
            _allow(["sagemaker:UpdateEndpointWeightsAndCapacities"], self._endpoint),
            _allow(["sagemaker:DescribeEndpointConfig"], self._sagemaker("endpoint-config")),
            _allow(["cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms", "cloudwatch:TagResource"], *alarms),
            _allow(["cloudwatch:DescribeAlarms"], self._alarm("")),
            iam.PolicyStatement(  # AWS makes the role with an account's first scalable target
                actions=["iam:CreateServiceLinkedRole"],
                resources=[self._stack.format_arn(service="iam", region="", resource="role", resource_name=linked)],
                conditions={"StringLike": {"iam:AWSServiceName": _SCALING_SERVICE}},
            ),
        ]

    def _sagemaker(self, resource: str) -> str:
        """All of this deployment's resources of a kind, by their prefix: they come and go between deployments."""
        return self._arn("sagemaker", resource, f"{self._prefix}*")

    def _alarm(self, prefix: str) -> str:
        return self._stack.format_arn(
            service="cloudwatch",
            resource="alarm",
            resource_name=f"{prefix}*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )

    def _arn(self, service: str, resource: str, name: str) -> str:
        return self._stack.format_arn(service=service, resource=resource, resource_name=name)

    def _made(self) -> list[iam.PolicyStatement]:
        """To see what was made for a job, and to store pictures that came inside a container's answer."""
        return [
            *self._look_for("jobs/*", ["s3:GetObject"]),
            _allow(["s3:PutObject"], self._bucket.arn_for_objects("jobs/*/outputs/*")),
        ]

    def _indexes(self, *names: str) -> list[str]:
        return [f"{self._jobs}/index/{name}" for name in names]

    def _look_for(self, objects: str, actions: list[str]) -> list[iam.PolicyStatement]:
        """Rights on objects, and to be told that one is missing: without the right to list, S3 answers 403 for that."""
        return [
            _allow(actions, self._bucket.arn_for_objects(objects)),
            _allow(["s3:ListBucket"], self._bucket.bucket_arn),
        ]


def _allow(actions: list[str], *resources: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=actions, resources=list(resources))
