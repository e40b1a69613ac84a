"""What reaches functions without a request: files in the bucket, SageMaker's endpoints, notices."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sqs as sqs
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
        self.dead_letters = sqs.Queue(
            self, "DeadLetters", enforce_ssl=config.require_tls, retention_period=Duration.days(14)
        )
        events.Rule(
            self,
            "ModelChanged",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created", "Object Deleted"],
                detail={"bucket": {"name": [storage.bucket.bucket_name]}, "object": {"key": [{"prefix": "models/"}]}},
            ),
            targets=[self._target(functions.model_changed)],
        )
        events.Rule(
            self,
            "EndpointChanged",
            event_pattern=events.EventPattern(
                source=["aws.sagemaker"],
                detail_type=["SageMaker Endpoint State Change"],
                detail={"EndpointName": [{"prefix": config.endpoint_prefix}]},
            ),
            targets=[self._target(functions.endpoint_changed)],
        )
        events.Rule(
            self,
            "EachMinute",
            schedule=events.Schedule.rate(Duration.minutes(1)),
            targets=[self._target(functions.sweeper)],
        )
        functions.completed.add_event_source(
            event_sources.SqsEventSource(notices.queue, batch_size=10, report_batch_item_failures=True)
        )

    def _target(self, function: lambda_.Function) -> targets.LambdaFunction:
        """Three tries each: of the rule to hand the event over, and of Lambda to have it handled. Then it is kept."""
        function.configure_async_invoke(on_failure=destinations.SqsDestination(self.dead_letters), retry_attempts=2)
        return targets.LambdaFunction(function, dead_letter_queue=self.dead_letters, retry_attempts=2)
