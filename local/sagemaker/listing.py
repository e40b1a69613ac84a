"""The List calls: filters, order and pages over records."""

from typing import Any

from local.sagemaker.records import Record, Records
from local.sagemaker.refusals import Refusal

DEFAULT_PAGE = 10
"""Records on a page when MaxResults is left out; the API model says so of ListEndpoints."""


def page(records: Records, query: Record) -> Record:
    """One page under the member that the API names for it (`Endpoints`), and `NextToken` if there are more.

    Raises Refusal for a token that no page gave out.
    """
    noun = records.kind.noun
    sort_by = query.get("SortBy", "CreationTime")
    found = sorted(
        (record for record in records.all() if _matches(noun, record, query)),
        key=lambda record: record[sort_by if sort_by == "CreationTime" else f"{noun}{sort_by}"],
        reverse=query.get("SortOrder", "Descending") == "Descending",
    )
    start = _offset(query.get("NextToken", "0"))
    end = start + query.get("MaxResults", DEFAULT_PAGE)
    answer: Record = {f"{noun}s": found[start:end]}
    return answer | {"NextToken": str(end)} if end < len(found) else answer


def _matches(noun: str, record: Record, query: Record) -> bool:
    status = record.get(f"{noun}Status")
    return (
        query.get("NameContains", "") in record[f"{noun}Name"]
        and query.get("StatusEquals", status) == status
        and all(_within(time, record, query) for time in ("CreationTime", "LastModifiedTime"))
    )


def _within(time: str, record: Record, query: Record) -> bool:
    value: Any = record.get(time)
    return query.get(f"{time}After", value) <= value <= query.get(f"{time}Before", value) if value else True


def _offset(token: str) -> int:
    if not token.isdecimal():
        raise Refusal("Invalid NextToken.")
    return int(token)
