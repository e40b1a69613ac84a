"""A file under `models/` in the bucket has come, changed or gone: S3's event, by EventBridge."""

from pathlib import PurePosixPath
from typing import Any

from shared.cloud import Cloud, cloud
from shared.log import logger
from shared.shapes import Model, ModelType
from shared.tables.models import is_model


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> None:
    refresh(event["detail"]["object"]["key"], cloud())


def refresh(key: str, cloud: Cloud) -> None:
    """Store what S3 says of the file now. The event is only the reason to ask: events may come in any order."""
    address = _address(key)
    if not address:
        logger.warning("not the place of a model", key=key)
        return
    type, file = address
    head = cloud.bucket.head(key)
    if head:
        cloud.models.save(
            Model(
                type=type,
                name=file.stem,
                key=key,
                size=head["ContentLength"],
                etag=head["ETag"].strip('"'),
                updated_at=head["LastModified"],
            )
        )
    else:
        cloud.models.remove(type, file.stem, key)
    logger.info("model changed", type=type, key=key, present=bool(head))


def _address(key: str) -> tuple[ModelType, PurePosixPath] | None:
    """The type and the file of `models/{type}/{file}`."""
    match key.split("/"):
        case ["models", type, file] if type in list(ModelType) and is_model(file):
            return ModelType(type), PurePosixPath(file)
    return None
