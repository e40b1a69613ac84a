"""The models table: the files under `models/` in the bucket, and those that are on their way there.

Many may write a record: an upload's requests, S3's events, the nightly reconciler. Each reads it, looks at S3, and
writes only if nobody else has written meanwhile; else it begins anew.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, ConditionBase, Key
from pydantic import BaseModel, Field

from shared.contents import Base
from shared.shapes import Model, ModelType, Moment, now, spell
from shared.tables.items import Address, from_item, query, remove, to_item, update

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

# How precisely a model's last use is known.
USED_AGAIN = timedelta(hours=1)

_COLLECTION = "models"
_EXTENSION = re.compile(r"\.(safetensors|ckpt|pt|pth|bin)$", re.IGNORECASE)
_SHORT_HASH = re.compile(r" \[[0-9a-f]{8,10}\]$")


def stem(name: str) -> str:
    """The name that a model is known by: `Foo`, `foo.safetensors` and `foo [1a2b3c4d]` are one, as in the WebUI."""
    return _EXTENSION.sub("", _SHORT_HASH.sub("", name)).lower()


def is_model(file: str) -> bool:
    """Judged by its extension: previews, notes and configurations lie beside models under the same names."""
    return bool(_EXTENSION.search(file))


class Upload(BaseModel):
    """An upload that is not complete. `id` is S3's, and None until S3 has been asked for one."""

    id: str | None = None
    key: str
    size: int
    part_size: int
    sha256: str | None = None
    started_at: Moment


class StoredModel(Model):
    """A model's record. A model that is active and has an upload is being replaced by it.

    `replaced` is the key of a file of another extension whose place this one took, until that file is removed.
    """

    upload: Upload | None = Field(None, exclude=True)
    replaced: str | None = Field(None, exclude=True)
    revision: str | None = Field(None, exclude=True)  # a new one with each write; older records have none


class Models:
    """Models of all types, in one partition, sorted by type and name."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def address(self, type: ModelType, name: str) -> Address:
        return Address(self._table, {"collection": _COLLECTION, "id": _id(type, name)})

    def get(self, type: ModelType, name: str) -> StoredModel | None:
        key = to_item(self.address(type, name).key)
        answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return StoredModel.model_validate(from_item(answer["Item"])) if "Item" in answer else None

    def page(
        self, type: ModelType | None, limit: int, after: str | None, base: Base | None = None, prefix: str = ""
    ) -> tuple[list[StoredModel], str | None]:
        """At most `limit` models, by type and name, after the id `after`; and the next page's `after`.

        If a base, or the beginning of a name without a type, is asked for, a page may be shorter than `limit` although
        more follows: other models were looked at, too.
        """
        where: ConditionBase = Key("collection").eq(_COLLECTION)
        where = where & Key("id").begins_with(f"{type}/{prefix.lower()}") if type else where
        start: Any = {"ExclusiveStartKey": to_item({"collection": _COLLECTION, "id": after})} if after else {}
        only: list[ConditionBase] = [Attr("base").eq(base)] if base else []
        if prefix and not type:
            only.append(Attr("stem").begins_with(prefix.lower()))
        passing = only[0] & only[1] if len(only) > 1 else next(iter(only), None)
        found = query(self._client, self._table, where, only=passing, Limit=limit, **start)
        return [StoredModel.model_validate(document) for document in found.documents], found.last

    def all(self) -> Iterator[StoredModel]:
        after: str | None = None
        while True:
            found, after = self.page(None, limit=1000, after=after)
            yield from found
            if not after:
                return

    def write(self, model: StoredModel, seen: StoredModel | None) -> StoredModel | None:
        """Store a model; None if its record is no longer as it was seen (`seen` None: there was none).

        `last_used_at` is left as it is: that is for the endpoints to write.
        """
        fields = model.model_dump(mode="json", exclude={"last_used_at"})
        upload = model.upload.model_dump(mode="json", exclude_none=True) if model.upload else None
        fields |= {"upload": upload, "replaced": model.replaced, "stem": stem(model.name), "revision": token_hex(8)}
        absent = [name for name, value in fields.items() if value is None]
        key = self.address(model.type, model.name).key
        document = update(self._client, self._table, key, fields, _as_seen(seen), drop=absent)
        return StoredModel.model_validate(document) if document else None

    def used(self, model: Model) -> None:
        """Record that it was drawn with just now; at most once an hour, and only if it is still there."""
        moment = now()
        long_ago = Attr("last_used_at").lt(spell(moment - USED_AGAIN))
        when = Attr("id").exists() & (Attr("last_used_at").not_exists() | long_ago)
        key = self.address(model.type, model.name).key
        update(self._client, self._table, key, {"last_used_at": spell(moment)}, when)

    def forget(self, seen: StoredModel) -> bool:
        """Remove a record; False if it is no longer as it was seen."""
        return remove(self._client, self._table, self.address(seen.type, seen.name).key, _as_seen(seen))


def _id(type: ModelType, name: str) -> str:
    return f"{type}/{stem(name)}"


def _as_seen(seen: StoredModel | None) -> ConditionBase:
    if not seen:
        return Attr("id").not_exists()
    if not seen.revision:
        return Attr("id").exists() & Attr("revision").not_exists()
    return Attr("revision").eq(seen.revision)
