"""DynamoDB in the terms of this project: plain documents in and out, and conditional writes."""

import json
import time
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from boto3.dynamodb.conditions import ConditionBase, ConditionExpressionBuilder
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

# How long to wait before asking again for what DynamoDB had no capacity for.
BUSY_SECONDS = 0.05
# How often something is tried if others write its record meanwhile.
ATTEMPTS = 5
LEAST_NUMBER = Decimal("1e-100")  # what is nearer to 0 is stored as 0

Document = dict[str, Any]
Item = dict[str, Any]

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


def to_item(document: Mapping[str, Any]) -> Item:
    """A document of JSON's types as an item. What is None is left out: conditions and indexes then see it as absent."""
    exact = json.loads(json.dumps(document), parse_float=_number)
    return {name: _serialize(value) for name, value in exact.items() if value is not None}


def _number(text: str) -> Decimal:
    """DynamoDB takes no floats, and nothing nearer to 0 than 1E-130."""
    number = Decimal(text)
    return number if abs(number) >= LEAST_NUMBER else Decimal(0)


def from_item(item: Mapping[str, Any]) -> Document:
    """An item as a document. Numbers are Decimals, which pydantic turns into the shape's types."""
    return {name: _deserialize(value) for name, value in item.items()}


class Page(NamedTuple):
    """What one Query found. `last` is the sort key of the last item that it looked at, if there may be more."""

    documents: list[Document]
    last: str | None


def query(
    client: "DynamoDBClient", table: str, where: ConditionBase, only: ConditionBase | None = None, **options: Any
) -> Page:
    """One page of a Query by a partition and its sort key, which is named `id`. `only` filters what it reads."""
    builder = ConditionExpressionBuilder()
    key = builder.build_expression(where, is_key_condition=True)
    names, values = key.attribute_name_placeholders, key.attribute_value_placeholders
    if only:
        passing = builder.build_expression(only)
        names |= passing.attribute_name_placeholders
        values |= passing.attribute_value_placeholders
        options["FilterExpression"] = passing.condition_expression
    answer = client.query(
        TableName=table,
        KeyConditionExpression=key.condition_expression,
        ExpressionAttributeNames=names,
        ExpressionAttributeValues=to_item(values),
        **options,
    )
    last = answer.get("LastEvaluatedKey", {}).get("id", {}).get("S")
    return Page([from_item(item) for item in answer["Items"]], last)


def count(client: "DynamoDBClient", table: str, where: ConditionBase, index: str) -> int:
    """How many documents of an index meet the condition on its key, counted without being sent."""
    key = ConditionExpressionBuilder().build_expression(where, is_key_condition=True)
    pages = client.get_paginator("query").paginate(
        TableName=table,
        IndexName=index,
        Select="COUNT",
        KeyConditionExpression=key.condition_expression,
        ExpressionAttributeNames=key.attribute_name_placeholders,
        ExpressionAttributeValues=to_item(key.attribute_value_placeholders),
    )
    return sum(page["Count"] for page in pages)


def update(
    client: "DynamoDBClient",
    table: str,
    key: Mapping[str, str],
    changes: Mapping[str, Any],
    when: ConditionBase,
    drop: Iterable[str] = (),
) -> Document | None:
    """One conditional write. Returns the whole new document, or None if the condition did not hold."""
    condition = ConditionExpressionBuilder().build_expression(when)
    kept = {name: value for name, value in changes.items() if value is not None}
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in kept)
    dropped = ", ".join(f"#{name}" for name in drop)
    try:
        answer = client.update_item(
            TableName=table,
            Key=to_item(key),
            UpdateExpression=f"{expression} REMOVE {dropped}" if dropped else expression,
            ConditionExpression=condition.condition_expression,
            ExpressionAttributeNames={f"#{name}": name for name in (*kept, *drop)}
            | condition.attribute_name_placeholders,
            ExpressionAttributeValues=to_item(
                {f":{name}": value for name, value in kept.items()} | condition.attribute_value_placeholders
            ),
            ReturnValues="ALL_NEW",
        )
    except client.exceptions.ConditionalCheckFailedException:
        return None
    return from_item(answer["Attributes"])


def remove(client: "DynamoDBClient", table: str, key: Mapping[str, str], when: ConditionBase) -> bool:
    """Delete a document; False if the condition did not hold."""
    condition = ConditionExpressionBuilder().build_expression(when)
    try:
        client.delete_item(
            TableName=table,
            Key=to_item(key),
            ConditionExpression=condition.condition_expression,
            ExpressionAttributeNames=condition.attribute_name_placeholders,
            ExpressionAttributeValues=to_item(condition.attribute_value_placeholders),
        )
    except client.exceptions.ConditionalCheckFailedException:
        return False
    return True


class Address(NamedTuple):
    """Where a document lies."""

    table: str
    key: Mapping[str, str]


def read(client: "DynamoDBClient", addresses: Iterable[Address]) -> list[Document | None]:
    """Documents of any tables by one BatchGetItem, in the order asked for; None for each that is not there."""
    addresses = list(addresses)
    wanted: Any = {}
    for table, key in addresses:
        keys = wanted.setdefault(table, {"Keys": [], "ConsistentRead": True})["Keys"]
        if to_item(key) not in keys:  # DynamoDB refuses to be asked for one twice
            keys.append(to_item(key))
    found: list[tuple[str, Document]] = []
    while wanted:
        answer = client.batch_get_item(RequestItems=wanted)
        found += [(table, from_item(item)) for table, items in answer["Responses"].items() for item in items]
        wanted = answer["UnprocessedKeys"]
        if wanted:
            time.sleep(BUSY_SECONDS)
    return [_at(address, found) for address in addresses]


def _at(address: Address, found: list[tuple[str, Document]]) -> Document | None:
    for table, document in found:
        if table == address.table and address.key.items() <= document.items():
            return document
    return None
