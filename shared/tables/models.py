"""The models table: the files under `models/` in the bucket, as S3 last described them."""

import re
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, ConditionBase, Key

from shared.shapes import Model, ModelType
from shared.tables.items import Address, query, remove, to_item

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_COLLECTION = "models"
_EXTENSION = re.compile(r"\.(safetensors|ckpt|pt|pth|bin)$", re.IGNORECASE)
_SHORT_HASH = re.compile(r" \[[0-9a-f]{8,10}\]$")


def stem(name: str) -> str:
    """The name that a model is known by: `Foo`, `foo.safetensors` and `foo [1a2b3c4d]` are one, as in the WebUI."""
    return _EXTENSION.sub("", _SHORT_HASH.sub("", name)).lower()


def is_model(file: str) -> bool:
    """By its ending: previews, notes and configurations lie beside models and have their names."""
    return bool(_EXTENSION.search(file))


class Models:
    """Models of all types, in one partition, sorted by type and name."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def address(self, type: ModelType, name: str) -> Address:
        return Address(self._table, {"collection": _COLLECTION, "id": _id(type, name)})

    def page(self, type: ModelType | None, limit: int, after: str | None) -> tuple[list[Model], str | None]:
        """At most `limit` models by type and name behind the id `after`, and the id that the next page is behind."""
        where: ConditionBase = Key("collection").eq(_COLLECTION)
        start: Any = {"ExclusiveStartKey": to_item({"collection": _COLLECTION, "id": after})} if after else {}
        where = where & Key("id").begins_with(f"{type}/") if type else where
        found = query(self._client, self._table, where, Limit=limit, **start)
        return [Model.model_validate(document) for document in found.documents], found.last

    def save(self, model: Model) -> None:
        document = {"collection": _COLLECTION, "id": _id(model.type, model.name)} | model.model_dump(mode="json")
        self._client.put_item(TableName=self._table, Item=to_item(document))

    def remove(self, type: ModelType, name: str, key: str) -> None:
        """Forget the model of the file at that key, unless another file of the same stem has taken its place."""
        remove(self._client, self._table, self.address(type, name).key, Attr("key").eq(key))


def _id(type: ModelType, name: str) -> str:
    return f"{type}/{stem(name)}"
