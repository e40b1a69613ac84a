"""The models table: the files under `models/` in the bucket, as S3 last described them."""

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import ConditionBase, Key

from shared.shapes import Model, ModelType
from shared.tables.items import Address, query, to_item

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_COLLECTION = "models"
_EXTENSION = re.compile(r"\.(safetensors|ckpt|pt|pth|bin)$", re.IGNORECASE)
_SHORT_HASH = re.compile(r" \[[0-9a-f]{8,10}\]$")


def stem(name: str) -> str:
    """The name that a model is known by: `Foo`, `foo.safetensors` and `foo [1a2b3c4d]` are one, as in the WebUI."""
    return _EXTENSION.sub("", _SHORT_HASH.sub("", name)).lower()


class Models:
    """Models of all types, in one partition, sorted by type and name."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def address(self, type: ModelType, name: str) -> Address:
        return Address(self._table, {"collection": _COLLECTION, "id": _id(type, name)})

    def page(self, type: ModelType | None, limit: int, after: str | None) -> list[Model]:
        """At most `limit` models by type and name, from the one behind the id `after`."""
        where: ConditionBase = Key("collection").eq(_COLLECTION)
        start: Any = {"ExclusiveStartKey": to_item({"collection": _COLLECTION, "id": after})} if after else {}
        where = where & Key("id").begins_with(f"{type}/") if type else where
        documents = query(self._client, self._table, where, Limit=limit, **start)
        return [Model.model_validate(document) for document in documents]

    def save(self, model: Model) -> None:
        document = {"collection": _COLLECTION, "id": id_of(model)} | model.model_dump(mode="json")
        self._client.put_item(TableName=self._table, Item=to_item(document))

    def remove(self, type: ModelType, file: str) -> None:
        """Forget the model of that file, unless another file of the same stem has taken its place."""
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.delete_item(
                TableName=self._table,
                Key=to_item(self.address(type, file).key),
                ConditionExpression="#key = :key",
                ExpressionAttributeNames={"#key": "key"},
                ExpressionAttributeValues=to_item({":key": f"models/{type}/{file}"}),
            )


def id_of(model: Model) -> str:
    """A model's place in the table's order."""
    return _id(model.type, model.name)


def _id(type: ModelType, name: str) -> str:
    return f"{type}/{stem(name)}"
