"""How many items DynamoDB reads for each one that a page shows, by its own count, in small and large tables."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from aws_cdk.assertions import Template
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table
from uuid6 import uuid7

from benchmarks.aws import played
from benchmarks.figures import Figure
from shared.cloud import Cloud
from shared.shapes import ModelType
from shared.tables.items import Address, Item, to_item
from tests.unit.api import Api
from tests.unit.things import add_job, add_model, drawn

PAGES = ("20", "100")


def measure(template: Template) -> Iterator[Figure]:
    yield _figure("read.list", "jobs", {"status": "succeeded"}, _add_jobs, (100, 100_000), template)
    yield _figure("read.models", "models", {"type": "lora"}, _add_models, (100, 10_000), template)


def _figure(
    name: str,
    shown: str,
    narrowed: Mapping[str, str],
    fill: Callable[[Cloud, int], None],
    sizes: tuple[int, int],
    template: Template,
) -> Figure:
    """The most that any page reads for each item that it shows, in the larger of two tables."""
    worst = {}
    for size in sizes:
        with played(template) as (aws, _):
            fill(aws, size)
            lists = [query | {"limit": limit} for query in ({}, dict(narrowed)) for limit in PAGES]
            worst[size] = max(share for query in lists for share in _pages(aws, shown, query))
    return Figure(name, worst[max(sizes)], "; ".join(f"{share:g} of {size:,}" for size, share in worst.items()))


def _pages(aws: Cloud, shown: str, query: dict[str, str]) -> Iterator[float]:
    """Items read per item shown, for a list's first and second page."""
    for _ in range(2):
        with _read(aws) as items:
            page = Api().get(f"/{shown}", **query).body
        yield sum(items) / max(len(page[shown]), 1)
        query = query | {"cursor": page["next_cursor"]}
        if not page["next_cursor"]:
            return


@contextmanager
def _read(aws: Cloud) -> Iterator[list[int]]:
    """The number of items read for each of DynamoDB's answers meanwhile."""
    items: list[int] = []

    def count(parsed: dict[str, Any], **_: Any) -> None:
        batch = parsed.get("Responses", {})
        items.append(parsed.get("ScannedCount", 0) + ("Item" in parsed) + sum(map(len, batch.values())))

    aws.dynamodb.meta.events.register("after-call.dynamodb", count)
    yield items
    aws.dynamodb.meta.events.unregister("after-call.dynamodb", count)


def _add_jobs(aws: Cloud, count: int) -> None:
    """One owner's, nine in ten of them drawn: two records, copied straight into moto's table, since a hundred thousand
    through its API would take minutes."""
    done, waiting = add_job(aws), add_job(aws)
    aws.jobs.settle(done.key, drawn())
    finished, queued = (_item(aws, Address("jobs", job.key._asdict())) for job in (done, waiting))
    table = _table(aws, "jobs")
    for number in range(2, count):
        table.put_item((finished if number % 10 else queued) | to_item({"id": str(uuid7())}))


def _add_models(aws: Cloud, count: int) -> None:
    """Half of them LoRAs: one record, copied straight into the table, too."""
    add_model(aws, "model-0", ModelType.LORA)
    stored = _item(aws, aws.models.address(ModelType.LORA, "model-0"))
    table = _table(aws, "models")
    for number in range(1, count):
        type, name = ModelType.CHECKPOINT if number % 2 else ModelType.LORA, f"model-{number}"
        table.put_item(stored | to_item({"id": f"{type}/{name}", "type": type, "name": name, "stem": name}))


def _item(aws: Cloud, address: Address) -> Item:
    return aws.dynamodb.get_item(TableName=address.table, Key=to_item(address.key))["Item"]


def _table(aws: Cloud, name: str) -> Table:
    return dynamodb_backends[DEFAULT_ACCOUNT_ID][aws.dynamodb.meta.region_name].tables[name]
