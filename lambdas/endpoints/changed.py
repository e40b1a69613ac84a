"""An endpoint has changed its state: EventBridge's "SageMaker Endpoint State Change"."""

from typing import Any

from shared.cloud import Cloud, cloud
from shared.log import logger


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> None:
    refresh(event["detail"]["EndpointName"], cloud())


def refresh(name: str, cloud: Cloud) -> None:
    """Store what SageMaker says of the endpoint now.

    The event itself is only the reason to ask: it spells states another way than DescribeEndpoint, may come twice and
    in any order.
    """
    endpoint = cloud.sagemaker.describe(name)
    if endpoint:
        cloud.endpoints.save(endpoint)
    else:
        cloud.endpoints.mark_deleted(name)
    logger.info("endpoint changed", endpoint=name, status=endpoint.status if endpoint else "gone")
