"""What functions report: log lines, and metrics written as log lines."""

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit

NAMESPACE = "GenerateOnCloud"

logger = Logger()  # its service is the stack's, by POWERTOOLS_SERVICE_NAME


def count(name: str) -> None:
    """Add one to what the metric counts."""
    _write(name, MetricUnit.Count, 1)


def seconds(name: str, value: float) -> None:
    """How long something took, or has been waiting."""
    _write(name, MetricUnit.Seconds, value)


def _write(name: str, unit: MetricUnit, value: float) -> None:
    with single_metric(name, unit, value, namespace=NAMESPACE, default_dimensions={"service": logger.service}):
        pass  # written at the context's end
