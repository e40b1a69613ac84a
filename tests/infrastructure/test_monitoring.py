"""What is watched, who is told, and that what is watched is what functions publish."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from aws_cdk.assertions import Match, Template

from tests.stack import ROOT, properties, synthesize


@pytest.fixture(scope="module")
def watched() -> Template:
    return synthesize(alarm_email="alice@example.org", monthly_budget=50, most_deadline_seconds=7200)


def alarms(template: Template) -> dict[str, dict[str, Any]]:
    """The alarms, by the name of what each watches."""
    found = properties(template, "AWS::CloudWatch::Alarm")
    return {id.removeprefix("Monitoring")[:-8]: alarm for id, alarm in found.items()}


def test_every_part_that_may_fail_unseen_has_an_alarm(template: Template) -> None:
    assert set(alarms(template)) == {
        "NoticesInDeadLetters",
        "EventsInDeadLetters",
        "OldestNoticeSeconds",
        "OldestUnfinishedSeconds",
        "JobsFailed",
        "ApiFaults",
        "Throttles",
        "CompletedErrors",
        "SweeperErrors",
        "ModelChangedErrors",
        "ReconcilerErrors",
        "EndpointChangedErrors",
        "EndpointReconcilerErrors",
    }


def test_every_alarm_goes_to_the_topic_and_says_what_to_do(template: Template) -> None:
    (topic,) = [id for id in template.find_resources("AWS::SNS::Topic") if id.startswith("Monitoring")]
    for alarm in alarms(template).values():
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": topic}]
        assert len(alarm["AlarmDescription"]) > 60
        assert alarm["TreatMissingData"] == "notBreaching"


def test_every_alarm_is_documented(template: Template) -> None:
    written = (ROOT / "docs/deploy.md").read_text()
    assert not [name for name in alarms(template) if f"`{name}`" not in written]


def test_alarms_may_publish_to_their_topic(template: Template) -> None:
    publishing = {"Action": "sns:Publish", "Principal": {"Service": "cloudwatch.amazonaws.com"}}
    template.has_resource_properties(
        "AWS::SNS::TopicPolicy",
        {"PolicyDocument": {"Statement": Match.array_with([Match.object_like(publishing)])}},
    )


def test_a_job_may_be_unfinished_until_ten_minutes_after_the_last_deadline(watched: Template) -> None:
    assert alarms(watched)["OldestUnfinishedSeconds"]["Threshold"] == 7800


def test_what_the_alarms_watch_is_what_the_functions_publish(template: Template) -> None:
    function = next(iter(properties(template, "AWS::Lambda::Function").values()))
    service = function["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]
    alarm = alarms(template)["JobsFailed"]
    assert alarm["Dimensions"] == [{"Name": "service", "Value": service}]
    done = subprocess.run(
        [sys.executable, "-c", "from shared import log; log.count('JobsFailed')"],
        cwd=ROOT,
        env=dict(os.environ) | {"POWERTOOLS_SERVICE_NAME": service},
        capture_output=True,
        text=True,
        check=True,
    )
    published = json.loads(done.stdout)
    (directive,) = published["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == alarm["Namespace"]
    assert directive["Dimensions"] == [["service"]]
    assert published["service"] == service


def test_without_an_address_nobody_is_written_to(template: Template) -> None:
    assert "email" not in [each["Protocol"] for each in properties(template, "AWS::SNS::Subscription").values()]
    template.resource_count_is("AWS::Budgets::Budget", 0)


def test_the_address_is_told_of_alarms_and_of_the_budget(watched: Template) -> None:
    watched.has_resource_properties("AWS::SNS::Subscription", {"Protocol": "email", "Endpoint": "alice@example.org"})
    (budget,) = properties(watched, "AWS::Budgets::Budget").values()
    assert budget["Budget"]["BudgetLimit"] == {"Amount": 50, "Unit": "USD"}
    told = [each["Subscribers"] for each in budget["NotificationsWithSubscribers"]]
    assert told == [[{"Address": "alice@example.org", "SubscriptionType": "EMAIL"}]] * 2


def test_there_is_one_dashboard_and_no_other_region_has_its_name(template: Template) -> None:
    (dashboard,) = properties(template, "AWS::CloudWatch::Dashboard").values()
    assert {"Ref": "AWS::Region"} in dashboard["DashboardName"]["Fn::Join"][1]
