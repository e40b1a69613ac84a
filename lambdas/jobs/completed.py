"""SageMaker's notices, by SNS and SQS: each settles its job."""

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from lambdas.jobs.notices import Notice
from lambdas.jobs.settlement import by_notice
from shared.cloud import cloud
from shared.log import logger

_processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def _on_record(record: SQSRecord) -> None:
    by_notice(Notice.model_validate_json(record.body), cloud())


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> Any:
    """Answers which records failed: SQS gives those again, and keeps what failed three times as dead letters."""
    return process_partial_response(event, record_handler=_on_record, processor=_processor, context=context)
