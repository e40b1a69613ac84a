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
        self._model_changed(storage.bucket.bucket_name, functions.model_changed)
        self._endpoint_changed(config.endpoint_prefix, functions.endpoint_changed)
        self._each_minute("EndpointsReconciled", functions.endpoint_reconciler)
        self._each_minute("EachMinute", functions.sweeper)
        self._each_night(functions.reconciler)
        functions.completed.add_event_source(
            event_sources.SqsEventSource(notices.queue, batch_size=10, report_batch_item_failures=True)
        )

    def _model_changed(self, bucket: str, function: lambda_.Function) -> None:
        pattern = events.EventPattern(
            source=["aws.s3"],
            detail_type=["Object Created", "Object Deleted"],
            detail={"bucket": {"name": [bucket]}, "object": {"key": [{"prefix": "models/"}]}},
        )
        events.Rule(self, "ModelChanged", event_pattern=pattern, targets=[self._target(function)])

    def _endpoint_changed(self, prefix: str, function: lambda_.Function) -> None:
        pattern = events.EventPattern(
            source=["aws.sagemaker"],
            detail_type=["SageMaker Endpoint State Change"],
            detail={"EndpointName": [{"prefix": prefix}]},
        )
        events.Rule(self, "EndpointChanged", event_pattern=pattern, targets=[self._target(function)])

    def _each_minute(self, id: str, function: lambda_.Function) -> None:
        schedule = events.Schedule.rate(Duration.minutes(1))
        events.Rule(self, id, schedule=schedule, targets=[self._target(function)])

    def _each_night(self, function: lambda_.Function) -> None:
        schedule = events.Schedule.cron(hour="3", minute="17")
        events.Rule(self, "EachNight", schedule=schedule, targets=[self._target(function)])

    def _target(self, function: lambda_.Function) -> targets.LambdaFunction:
        """Three tries each for the rule to hand the event over and for Lambda to handle it; then it is kept."""
        function.configure_async_invoke(on_failure=destinations.SqsDestination(self.dead_letters), retry_attempts=2)
        return targets.LambdaFunction(function, dead_letter_queue=self.dead_letters, retry_attempts=2)
