"""What may be set, and how mistakes are refused."""

import os
import re
import subprocess
import sys
from typing import Any

import pytest
from aws_cdk import App
from pydantic import ValidationError

from infrastructure.config import Config
from tests.stack import ROOT


def configured(**context: Any) -> Config:
    return Config.from_context(App(context=context).node)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("stage", "My Stage"),
        ("region", "Frankfurt"),
        ("python", "3.9"),
        ("architecture", "sparc"),
        ("inline_bodies", "maybe"),
        ("deadline_seconds", "59"),
        ("deadline_seconds", "an hour"),
        ("most_deadline_seconds", "21601"),
        ("retention_days", "0"),
        ("requests_per_second", "0"),
        ("burst", "0"),
        ("requests_per_day", "none"),
        ("cors_origins", "console.example.org"),
        ("cors_origins", "https://console.example.org/"),
        ("alarm_email", "alice"),
        ("image", "goc:latest"),
        ("monthly_budget", "0"),
    ],
)
def test_a_setting_with_a_wrong_value_is_refused_by_name(setting: str, value: str) -> None:
    with pytest.raises(ValidationError, match=setting):
        configured(**{setting: value})


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"deadline_seconds": "7200", "most_deadline_seconds": "3600"}, "most_deadline_seconds"),
        ({"stage": "production", "cors_origins": "*"}, "cors_origins"),
        ({"cors_origins": "*,https://console.example.org"}, "cors_origins"),
        ({"monthly_budget": "50"}, "alarm_email"),
        ({"region": "us-gov-west-1"}, "console must be false in us-gov-west-1"),
        ({"region": "cn-north-1"}, "console must be false in cn-north-1"),
        (
            {"region": "cn-north-1", "console": "false", "monthly_budget": "50", "alarm_email": "a@example.org"},
            "monthly_budget can't be set in cn-north-1",
        ),
    ],
)
def test_settings_that_contradict_each_other_are_refused_by_name(settings: dict[str, str], named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        configured(**settings)


def test_govcloud_and_china_take_the_rest() -> None:
    for region in ("us-gov-west-1", "cn-northwest-1"):
        assert configured(region=region, console="false").region == region


def test_a_name_that_is_no_setting_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(ValidationError, match=r"retention_day is no setting. Did you mean 'retention_days'\?"):
        configured(retention_day="7")


def test_what_the_cdk_keeps_in_the_context_is_no_setting() -> None:
    found = {"@aws-cdk/core:newStyleStackSynthesis": True, "availability-zones:account=1:region=eu-west-1": ["a"]}
    assert configured(**found) == Config()


def test_origins_come_as_a_list_or_as_the_command_line_has_them() -> None:
    origins = ["https://console.example.org", "http://localhost:8000"]
    assert configured(cors_origins=origins) == configured(cors_origins=", ".join(origins))


def test_in_production_no_page_may_call_unless_it_is_named() -> None:
    assert Config(stage="dev").origins == ("*",)
    assert Config(stage="production").origins == ()
    named = ("https://console.example.org",)
    assert Config(stage="production", cors_origins=named).origins == named


def test_every_setting_is_documented_and_no_other() -> None:
    written = (ROOT / "docs/deploy.md").read_text().partition("## Settings")[2].partition("## Keys")[0]
    assert re.findall(r"^\| `(\w+)` \|", written, re.MULTILINE) == list(Config.model_fields)


def test_the_app_says_what_is_wrong_and_nothing_else() -> None:
    environment = dict(os.environ) | {"CDK_CONTEXT_JSON": '{"stge": "production"}'}
    done = subprocess.run([sys.executable, "app.py"], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "stge is no setting. Did you mean 'stage'?" in done.stderr
    assert "Traceback" not in done.stderr
