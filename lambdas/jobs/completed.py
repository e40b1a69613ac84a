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
    notice = None
    try:
        notice = Notice.read(record.body)
        if notice:
            by_notice(notice, cloud())
    except Exception as error:
        # Not the error's text: it may quote what could not be read, prompts included. Powertools itself logs nothing.
        about: dict[str, Any] = {"job": notice.job.id} if notice else {}
        logger.warning("not handled", sqs_message=record.message_id, error=type(error).__name__, **about)
        raise


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> Any:
    """Returns which records failed: SQS redelivers those, and keeps what failed three times as dead letters."""
    return process_partial_response(event, record_handler=_on_record, processor=_processor, context=context)
