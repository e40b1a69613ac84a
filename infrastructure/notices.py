"""How SageMaker's notices reach the function that settles jobs: topics for success and error, one queue."""

from aws_cdk import Duration
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infrastructure.config import Config

# How long the function may take for one batch, including storing pictures; SQS must hide the messages at least
# six times as long (AWS's guide).
SETTLE_TIMEOUT = Duration.seconds(60)


class Notices(Construct):
    """With a queue between, which redelivers what the function fails on; what fails three times is kept."""

    def __init__(self, scope: Construct, id: str, config: Config) -> None:
        super().__init__(scope, id)
        self.dead_letters = sqs.Queue(
            self, "DeadLetters", enforce_ssl=config.require_tls, retention_period=Duration.days(14)
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            enforce_ssl=config.require_tls,
            visibility_timeout=Duration.seconds(6 * SETTLE_TIMEOUT.to_seconds()),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=3),
        )
        self.success = self._topic("Success", config)
        self.error = self._topic("Error", config)

    def _topic(self, id: str, config: Config) -> sns.Topic:
        topic = sns.Topic(self, id, enforce_ssl=config.require_tls)
        topic.add_subscription(subscriptions.SqsSubscription(self.queue, raw_message_delivery=True))
        return topic
