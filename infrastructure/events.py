"""What reaches functions without a request: files in the bucket, SageMaker's endpoints, notices."""

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda_event_sources as event_sources
from constructs import Construct

from infrastructure.config import Config
from infrastructure.functions import Functions
from infrastructure.notices import Notices
from infrastructure.storage import Storage


class Events(Construct):
    def __init__(
        self, scope: Construct, id: str, config: Config, storage: Storage, functions: Functions, notices: Notices
    ) -> None:
        super().__init__(scope, id)
        events.Rule(
            self,
            "ModelChanged",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created", "Object Deleted"],
                detail={"bucket": {"name": [storage.bucket.bucket_name]}, "object": {"key": [{"prefix": "models/"}]}},
            ),
            targets=[targets.LambdaFunction(functions.model_changed)],
        )
        events.Rule(
            self,
            "EndpointChanged",
            event_pattern=events.EventPattern(
                source=["aws.sagemaker"],
                detail_type=["SageMaker Endpoint State Change"],
                detail={"EndpointName": [{"prefix": config.endpoint_prefix}]},
            ),
            targets=[targets.LambdaFunction(functions.endpoint_changed)],
        )
        functions.completed.add_event_source(
            event_sources.SqsEventSource(notices.queue, batch_size=10, report_batch_item_failures=True)
        )
