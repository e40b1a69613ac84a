"""The jobs table: every way in which a job may change, each guarded by its condition.

SNS delivers twice and out of order, SageMaker may deliver an order twice, and any of these writes may come late. A
write whose condition does not hold changes nothing and says so.
"""

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, ConditionBase, Key

from shared.shapes import (
    ExtraImage,
    Job,
    JobKey,
    JobSummary,
    Manifest,
    Outcome,
    Picture,
    Report,
    Status,
    Unfinished,
    now,
    spell,
)
from shared.tables.idempotency import First
from shared.tables.items import Address, Document, count, from_item, query, read, remove, to_item, update

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

LIST_INDEX = "list"
STATUS_INDEX = "status"
UNFINISHED_INDEX = "unfinished"
FINISHED_INDEX = "finished"

# A container that is silent for this long has lost its claim. Progress renews it every second.
LEASE_SECONDS = 30

# How much of what was made a record holds, in bytes of JSON: the manifest has all, and the record stays under 32 KB.
MOST_IMAGES = 4_500
MOST_ERROR = 500

# Not its lease: until that ends, a container drawing it may not have learnt that it was cancelled.
_OF_UNFINISHED = ("unfinished", "step", "steps", "eta_seconds", "waiting_for")
_UNFINISHED = Attr("status").is_in([Status.QUEUED, Status.RUNNING])
_FINAL = Attr("status").is_in([status for status in Status if status.final])
_UNCLAIMED = Attr("status").eq(Status.QUEUED) & Attr("claim").not_exists()


class Jobs:
    """The jobs of all owners."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def add(self, job: Job, keep: timedelta, first: First | None = None) -> bool:
        """The write that makes a job. Its record expires when the job has been past its deadline for `keep`.

        If the order came with an Idempotency-Key, `first` is written with it, or neither is: then False.
        """
        document = job.model_dump(mode="json") | _as_status(job.key, job.status)
        document |= {"owner": job.owner, "unfinished": job.endpoint, "expires": _epoch(job.deadline + keep)}
        made: Any = {
            "TableName": self._table,
            "Item": to_item(document),
            "ConditionExpression": "attribute_not_exists(id)",
        }
        if not first:
            # Ids are new: if it is there already, the client itself wrote it, in a try that got no answer.
            with suppress(self._client.exceptions.ConditionalCheckFailedException):
                self._client.put_item(**made)
            return True
        try:  # botocore gives all tries of a transaction one token, so DynamoDB carries it out once
            self._client.transact_write_items(TransactItems=[{"Put": made}, {"Put": first.put(self._table)}])
        except self._client.exceptions.TransactionCanceledException:
            return False
        return True

    def first_address(self, owner: str, idempotency_key: str) -> Address:
        """Where the table keeps which job an Idempotency-Key has made."""
        return First.address(self._table, owner, idempotency_key)

    def get(self, key: JobKey) -> Job | None:
        answer = self._client.get_item(TableName=self._table, Key=to_item(key._asdict()), ConsistentRead=True)
        return Job.model_validate(from_item(answer["Item"])) if "Item" in answer else None

    def read(self, keys: Iterable[JobKey]) -> Iterator[Job]:
        """Those of these jobs that exist, read a hundred at a time, which is what one BatchGetItem takes."""
        addresses = (Address(self._table, key._asdict()) for key in keys)
        while hundred := [*islice(addresses, 100)]:
            yield from (Job.model_validate(document) for document in read(self._client, hundred) if document)

    def page(
        self, owner: str, limit: int, before: str | None, status: Status | None = None, task: str | None = None
    ) -> tuple[list[JobSummary], str | None]:
        """At most `limit` of an owner's jobs older than the job `before`, newest first; and the next page's `before`.

        If a task is asked for, a page may be shorter than `limit` although more follows: jobs of other tasks were
        looked at, too.
        """
        where = Key("owner_status").eq(f"{owner}#{status}") if status else Key("owner").eq(owner)
        found = query(
            self._client,
            self._table,
            where & Key("id").lt(before) if before else where,
            only=Attr("task").eq(task) if task else None,
            IndexName=STATUS_INDEX if status else LIST_INDEX,
            ScanIndexForward=False,
            Limit=limit,
        )
        return [JobSummary.model_validate(document) for document in found.documents], found.last

    def unfinished(self, endpoint: str) -> Iterator[Unfinished]:
        """An endpoint's jobs that are not final, oldest first."""
        after: str | None = ""
        while after is not None:
            where = Key("unfinished").eq(endpoint) & Key("id").gt(after or "0")
            found = query(self._client, self._table, where, IndexName=UNFINISHED_INDEX)
            yield from (Unfinished.model_validate(document) for document in found.documents)
            after = found.last

    def count_unfinished(self, endpoint: str) -> int:
        return count(self._client, self._table, Key("unfinished").eq(endpoint), UNFINISHED_INDEX)

    def count_finished(self, endpoint: str, since: datetime) -> int:
        where = Key("endpoint").eq(endpoint) & Key("finished_at").gte(spell(since))
        return count(self._client, self._table, where, FINISHED_INDEX)

    def refuse(self, key: JobKey, reason: str) -> Job | None:
        """Fail a job that SageMaker certainly did not take."""
        return self._finish(key, Status.FAILED, {"error": reason}, when=_UNCLAIMED)

    def claim(self, key: JobKey, claim: str) -> Job | None:
        """Take a job for one run of a container. None if another run holds it, it is final or past its deadline.

        A claim may be written and its answer lost; then the client asks again, with the same claim.
        """
        moment = now()
        lease_is_over = Attr("status").eq(Status.RUNNING) & Attr("lease_until").lt(_epoch(moment))
        return self._write(
            key,
            _as_status(key, Status.RUNNING) | _lease() | {"claim": claim, "started_at": spell(moment)},
            when=Attr("deadline").gt(spell(moment)) & (_UNCLAIMED | lease_is_over | _held_by(claim)),
            drop=("waiting_for",),
        )

    def report(self, key: JobKey, claim: str, report: Report) -> bool:
        """Say how far a run has got and renew its claim. False: the job is no longer this run's, stop."""
        said = report._asdict()
        unknown = tuple(name for name, value in said.items() if value is None)  # perhaps left by an earlier run
        return self._write(key, _lease() | said, when=_held_by(claim), drop=unknown) is not None

    def release(self, key: JobKey, claim: str) -> bool:
        """Hand a claimed job back undrawn: the next delivery of the order may claim it at once."""
        return self._write(key, {"lease_until": 0}, when=_held_by(claim)) is not None

    def settle(self, key: JobKey, manifest: Manifest, lease: int | None = None) -> Job | None:
        """Finish a job as its manifest says. None if it was finished already or is not known.

        If a lease is given, it must still be the job's: else a container has claimed it again, or has reported.
        """
        when = _UNFINISHED & Attr("lease_until").eq(lease) if lease else _UNFINISHED
        made = {
            "images": _fitting([_stored(picture) for picture in manifest.images]),
            "extra_images": [_stored(extra) for extra in manifest.extra_images],
            "warnings": manifest.warnings or None,  # else those of the order stay
        }
        if manifest.outcome is Outcome.SUCCEEDED:
            return self._finish(key, Status.SUCCEEDED, made | {"progress": 1.0}, when)
        return self._finish(key, Status.FAILED, made | {"error": manifest.error and manifest.error[:MOST_ERROR]}, when)

    def cancel(self, key: JobKey) -> Job | None:
        """Stop a job: its container learns of it with its next report. None if it is final or not known."""
        return self._finish(key, Status.CANCELLED, {}, when=_UNFINISHED)

    def delete(self, key: JobKey) -> bool:
        """Forget a job. False if it is not final, or is not known."""
        return remove(self._client, self._table, key._asdict(), when=_FINAL)

    def _finish(self, key: JobKey, status: Status, changes: Document, when: ConditionBase) -> Job | None:
        changes |= _as_status(key, status) | {"finished_at": spell(now())}
        return self._write(key, changes, when, drop=_OF_UNFINISHED)

    def _write(self, key: JobKey, changes: Document, when: ConditionBase, drop: tuple[str, ...] = ()) -> Job | None:
        document = update(self._client, self._table, key._asdict(), changes, when, drop)
        return Job.model_validate(document) if document else None


def _as_status(key: JobKey, status: Status) -> Document:
    return {"status": status, "owner_status": f"{key.owner}#{status}"}


def _lease() -> Document:
    return {"lease_until": int(time.time()) + LEASE_SECONDS}


def _held_by(claim: str) -> ConditionBase:
    return Attr("status").eq(Status.RUNNING) & Attr("claim").eq(claim)


def _stored(image: Picture | ExtraImage) -> Document:
    return image.model_dump(exclude={"url"}, exclude_none=True)


def _fitting(images: list[Document]) -> list[Document]:
    """All, or the first alone without its infotext, which tells a reader to look into the manifest."""
    if len(json.dumps(images, ensure_ascii=False).encode()) <= MOST_IMAGES:
        return images
    return [{name: value for name, value in images[0].items() if name != "infotext"}]


def _epoch(moment: datetime) -> int:
    return int(moment.timestamp())
