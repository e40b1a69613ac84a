"""An endpoint has changed its state: EventBridge's "SageMaker Endpoint State Change"."""

from typing import Any

from lambdas.endpoints import life
from shared.cloud import cloud
from shared.log import logger


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> None:
    """The event is only the reason to ask SageMaker.

    It spells states differently from DescribeEndpoint, and may come twice and in any order.
    """
    life.carry_on(event["detail"]["EndpointName"], cloud())
