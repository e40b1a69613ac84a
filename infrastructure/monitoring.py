"""What tells an operator that something is wrong, and what to do about it: alarms, a dashboard, a budget."""

from dataclasses import dataclass

from aws_cdk import Aws, Duration
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infrastructure.api import Api
from infrastructure.config import Config
from infrastructure.events import Events
from infrastructure.functions import Functions
from infrastructure.notices import Notices
from shared.log import NAMESPACE

_PERIOD = Duration.minutes(5)
_GRACE_SECONDS = 600  # for the sweeper to settle a job after its deadline


@dataclass(frozen=True)
class _Watched:
    """A metric that means something is wrong when it exceeds `most` in one period."""

    name: str
    metric: cloudwatch.IMetric
    most: float
    what_to_do: str


class Monitoring(Construct):
    def __init__(
        self,
        scope: Construct,
        id: str,
        config: Config,
        notices: Notices,
        functions: Functions,
        events: Events,
        api: Api,
    ) -> None:
        super().__init__(scope, id)
        self._topic = _topic(self, config)
        watched = [*_queues(notices, events), *_jobs(config), *_calls(api), *_background(functions)]
        self._dashboard([self._alarm(each) for each in watched], config)
        if config.monthly_budget and config.alarm_email:
            _budget(self, f"{config.service}-{Aws.REGION}", config.monthly_budget, config.alarm_email)

    def _alarm(self, watched: _Watched) -> cloudwatch.Alarm:
        alarm = cloudwatch.Alarm(
            self,
            watched.name,
            metric=watched.metric,
            alarm_description=watched.what_to_do,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            threshold=watched.most,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,  # nothing happened: nothing is wrong
        )
        alarm.add_alarm_action(actions.SnsAction(self._topic))
        alarm.add_ok_action(actions.SnsAction(self._topic))
        return alarm

    def _dashboard(self, alarms: list[cloudwatch.Alarm], config: Config) -> None:
        """All alarms at a glance, and below them a graph of what each one watches."""
        graphs = [
            cloudwatch.GraphWidget(
                title=alarm.node.id, left=[alarm.metric], left_annotations=[alarm.to_annotation()], width=8
            )
            for alarm in alarms
        ]
        rows = [graphs[i : i + 3] for i in range(0, len(graphs), 3)]
        cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=f"{config.service}-{Aws.REGION}",  # unique in the account, in all its regions
            widgets=[[cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(alarms), width=24)], *rows],
        )


def _queues(notices: Notices, events: Events) -> list[_Watched]:
    return [
        _Watched(
            "NoticesInDeadLetters",
            _waiting(notices.dead_letters),
            0,
            "Notices of SageMaker's could not be read three times. Their jobs are settled by the sweeper all the same. "
            "Read the messages, and the log of the function Completed; after a mend start a redrive of the queue.",
        ),
        _Watched(
            "EventsInDeadLetters",
            _waiting(events.dead_letters),
            0,
            "An event about a model or an endpoint was not handled in three tries, so what the API lists may be old: "
            "models until the next night. "
            "The message holds the event and the error; after a mend invoke the function it names with that event.",
        ),
        _Watched(
            "OldestNoticeSeconds",
            notices.queue.metric_approximate_age_of_oldest_message(period=_PERIOD, statistic="Maximum"),
            600,
            "Notices wait, and with them the ends of jobs. See whether the function Completed fails or is throttled.",
        ),
    ]


def _jobs(config: Config) -> list[_Watched]:
    return [
        _Watched(
            "OldestUnfinishedSeconds",
            _own("OldestUnfinishedSeconds", "Maximum", config),
            config.most_deadline_seconds + _GRACE_SECONDS,
            "A job is unfinished long after any deadline. See in the sweeper's log why it can't settle the job.",
        ),
        _Watched(
            "JobsFailed",
            _own("JobsFailed", "Sum", config),
            0,
            "A job failed. GET /jobs/{id} has its reason; SageMaker's log of the endpoint has the container's words. "
            "Many with one reason: delete the endpoint, or submit to another, until it is mended.",
        ),
    ]


def _calls(api: Api) -> list[_Watched]:
    return [
        _Watched(
            "ApiFaults",
            api.rest.deployment_stage.metric_server_error(period=_PERIOD, statistic="Sum"),
            0,
            "The API answered with a 5xx: a fault of its own. The access log has the route and the request_id, the "
            "log of that route's function the traceback.",
        ),
        _Watched(
            "Throttles",
            # Without a dimension it counts all functions of the account and region: they share one limit.
            cloudwatch.Metric(namespace="AWS/Lambda", metric_name="Throttles", period=_PERIOD, statistic="Sum"),
            0,
            "Lambda refused to run a function, of this deployment or another: the account's limit of functions at a "
            "time is reached. Ask for a higher one: Service Quotas, AWS Lambda, Concurrent executions.",
        ),
    ]


def _background(functions: Functions) -> list[_Watched]:
    """The functions that no caller waits for. What the others throw is already among ApiFaults."""
    return [
        _Watched(
            f"{function.node.id}Errors",
            function.metric_errors(period=_PERIOD, statistic="Sum"),
            0,
            f"The function {function.node.id} threw or ran out of time; it is tried again. Its log has the traceback.",
        )
        for function in functions.background
    ]


def _waiting(queue: sqs.Queue) -> cloudwatch.Metric:
    return queue.metric_approximate_number_of_messages_visible(period=_PERIOD, statistic="Maximum")


def _own(name: str, statistic: str, config: Config) -> cloudwatch.Metric:
    """A metric that the functions publish."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map={"service": config.service},
        period=_PERIOD,
        statistic=statistic,
    )


def _topic(scope: Construct, config: Config) -> sns.Topic:
    topic = sns.Topic(scope, "Alarms", enforce_ssl=config.require_tls)
    # A topic with a policy of its own loses the default one, which lets the account's alarms publish.
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            actions=["sns:Publish"],
            resources=[topic.topic_arn],
            conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
        )
    )
    if config.alarm_email:
        topic.add_subscription(subscriptions.EmailSubscription(config.alarm_email))
    return topic


def _budget(scope: Construct, name: str, usd: int, email: str) -> None:
    """For all that the account spends: to single out this deployment, AWS needs a tag that is activated by hand."""
    subscriber = budgets.CfnBudget.SubscriberProperty(address=email, subscription_type="EMAIL")
    budgets.CfnBudget(
        scope,
        "Budget",
        budget=budgets.CfnBudget.BudgetDataProperty(
            budget_name=name,
            budget_type="COST",
            time_unit="MONTHLY",
            budget_limit=budgets.CfnBudget.SpendProperty(amount=usd, unit="USD"),
        ),
        notifications_with_subscribers=[
            budgets.CfnBudget.NotificationWithSubscribersProperty(
                notification=budgets.CfnBudget.NotificationProperty(
                    comparison_operator="GREATER_THAN", notification_type=type, threshold=percent
                ),
                subscribers=[subscriber],
            )
            for type, percent in [("ACTUAL", 80), ("FORECASTED", 100)]
        ],
    )
