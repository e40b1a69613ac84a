"""cdk-nag's AwsSolutions pack over the stack. What it finds stops the synthesis."""

from typing import Any

import pytest
from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from tests.stack import application


def checked(**settings: Any) -> App:
    app = application(**settings)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app


@pytest.mark.parametrize(
    "settings",
    [
        {"alarm_email": "alice@example.org", "monthly_budget": 50},
        {"stage": "production"},
        {"image": None},
        {"console": True},
    ],
)
def test_the_stack_passes_but_for_what_has_a_written_reason(settings: dict[str, str | int | None]) -> None:
    checked(**settings).synth()


def test_what_has_no_reason_is_found() -> None:
    with pytest.raises(RuntimeError, match="AwsSolutions-SQS4"):
        checked(require_tls=False).synth()
