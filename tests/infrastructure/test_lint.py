"""cfn-lint over the template: what CloudFormation would refuse is found before it is asked."""

from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint_file
from cfnlint.config import ManualArgs

from tests.stack import application

# What only AWS's main partition has.
MORE = {"alarm_email": "alice@example.org", "monthly_budget": 50, "console": True}


@pytest.mark.parametrize(
    ("settings", "regions"),
    [(MORE, ["us-east-1", "eu-central-1"]), ({}, ["cn-north-1", "us-gov-west-1"])],
)
def test_the_template_passes_in_every_partition(settings: dict[str, Any], regions: list[str]) -> None:
    template = application(**settings).synth().stacks[0].template_full_path
    # W3005 is about a DependsOn that repeats a reference: the CDK writes such ones.
    assert not lint_file(Path(template), ManualArgs(regions=regions, ignore_checks=["W3005"]))
