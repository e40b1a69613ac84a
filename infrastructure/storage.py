"""Where everything is kept: three tables and one bucket."""

from typing import cast

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infrastructure.config import Config
from shared.multipart import UNFINISHED_DAYS
from shared.tables.jobs import FINISHED_INDEX, LIST_INDEX, STATUS_INDEX, UNFINISHED_INDEX

# What a list shows of a job besides its id. CloudFormation can't change what an existing index projects, and adds only
# one index per deployment: another field takes new indexes, one deployment after the other.
LISTED = ["checkpoint", "created_at", "endpoint", "finished_at", "progress", "started_at", "status", "task"]


class Storage(Construct):
    def __init__(self, scope: Construct, id: str, config: Config) -> None:
        super().__init__(scope, id)
        self._config = config
        self._removal = RemovalPolicy.RETAIN if config.production else RemovalPolicy.DESTROY
        self.jobs = self._jobs()
        self.models = self._table("Models", partition="collection", sort="id")
        self.endpoints = self._table("Endpoints", partition="collection", sort="name", time_to_live="expires")
        self.bucket = self._bucket()

    def _jobs(self) -> dynamodb.Table:
        """One partition per owner. A job's id begins with its time, so that sorting by id sorts by time."""
        table = self._table("Jobs", partition="owner", sort="id", time_to_live="expires")
        self._index(table, LIST_INDEX, "owner", LISTED)
        self._index(table, STATUS_INDEX, "owner_status", LISTED)
        # Sparse: a job leaves it when it is final. Each partition is an endpoint, whose queue it shows.
        self._index(table, UNFINISHED_INDEX, "unfinished", ["created_at", "deadline", "lease_until"])
        # Sparse, too: only for counting, by endpoint and time.
        table.add_global_secondary_index(
            index_name=FINISHED_INDEX,
            partition_key=_text("endpoint"),
            sort_key=_text("finished_at"),
            projection_type=dynamodb.ProjectionType.KEYS_ONLY,
        )
        return table

    def _table(self, id: str, partition: str, sort: str, time_to_live: str | None = None) -> dynamodb.Table:
        return dynamodb.Table(
            self,
            id,
            partition_key=_text(partition),
            sort_key=_text(sort),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute=time_to_live,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=self._config.production,
            removal_policy=self._removal,
        )

    def _index(self, table: dynamodb.Table, name: str, partition: str, attributes: list[str]) -> None:
        table.add_global_secondary_index(
            index_name=name,
            partition_key=_text(partition),
            sort_key=_text("id"),
            projection_type=dynamodb.ProjectionType.INCLUDE,
            non_key_attributes=attributes,
        )

    def _bucket(self) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=self._config.require_tls,
            encryption=s3.BucketEncryption.S3_MANAGED,
            removal_policy=self._removal,
            cors=self._cors(),
            lifecycle_rules=[
                s3.LifecycleRule(prefix="uploads/", expiration=Duration.days(1)),
                s3.LifecycleRule(prefix="jobs/", expiration=Duration.days(self._config.retention_days)),
                s3.LifecycleRule(abort_incomplete_multipart_upload_after=Duration.days(UNFINISHED_DAYS)),
            ],
        )
        # The construct's own switch adds a custom resource with its own function; CloudFormation needs neither.
        cfn_bucket = cast("s3.CfnBucket", bucket.node.default_child)
        cfn_bucket.add_property_override("NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled", True)
        return bucket

    def _cors(self) -> list[s3.CorsRule]:
        """For presigned links in a browser."""
        if not self._config.origins:
            return []
        methods = [s3.HttpMethods.GET, s3.HttpMethods.PUT, s3.HttpMethods.POST]
        return [
            s3.CorsRule(
                allowed_origins=list(self._config.origins),
                allowed_methods=methods,
                allowed_headers=["*"],
                max_age=3600,
            )
        ]


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
