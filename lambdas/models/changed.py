"""A file under `models/` in the bucket has come, changed or gone: S3's event, by EventBridge."""

from typing import Any

from lambdas.models.files import place
from lambdas.models.refreshing import refresh
from shared.cloud import cloud
from shared.log import logger


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> None:
    """The event is only the reason to ask S3: events may come twice, and in any order."""
    key = event["detail"]["object"]["key"]
    found = place(key)
    if found:
        refresh(found, key, cloud())
    else:
        logger.warning("not the place of a model", key=key)
