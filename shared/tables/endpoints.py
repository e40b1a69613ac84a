"""The endpoints table: what is wanted of each endpoint of this deployment, and what SageMaker last said of it.

Many may write a record: a request, SageMaker's events, the reconciler. Each reads it, does what is to be done, and
writes only if nobody else has written meanwhile; else it begins anew.
"""

from datetime import timedelta
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Literal

from boto3.dynamodb.conditions import Attr, ConditionBase, ConditionExpressionBuilder, Key
from pydantic import Field

from shared.shapes import Endpoint, now
from shared.tables.items import Address, from_item, query, remove, to_item

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_COLLECTION = "endpoints"  # one partition: an account has a handful
_TURN = {"collection": "turns", "name": "reservation"}

DELETED = "Deleted"  # not SageMaker's word: it forgets an endpoint at once
KEEP_GONE = timedelta(days=1)  # longer than any job's deadline


class StoredEndpoint(Endpoint):
    """An endpoint's record.

    `leaves_as` is the status to end with, once it is to go: Deleted, or Failed if it could not be made. `known` says
    that SageMaker has had it, `scaled` what its scaling was last set to, `gone` that nothing of it is left on AWS.
    """

    leaves_as: Literal["Deleted", "Failed"] | None = Field(None, exclude=True)
    known: bool = Field(False, exclude=True)
    scaled: str | None = Field(None, exclude=True)
    gone: bool = Field(False, exclude=True)
    revision: str | None = Field(None, exclude=True)  # a new one with each write; older records have none

    @property
    def made_here(self) -> bool:
        return self.instance_type is not None


class Endpoints:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def address(self, name: str) -> Address:
        return Address(self._table, {"collection": _COLLECTION, "name": name})

    def all(self) -> list[StoredEndpoint]:
        found = query(self._client, self._table, Key("collection").eq(_COLLECTION), ConsistentRead=True)
        return [StoredEndpoint.model_validate(document) for document in found.documents]

    def get(self, name: str) -> StoredEndpoint | None:
        key = to_item(self.address(name).key)
        answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return StoredEndpoint.model_validate(from_item(answer["Item"])) if "Item" in answer else None

    def write(self, endpoint: StoredEndpoint, seen: StoredEndpoint | None) -> bool:
        """Store an endpoint; False if its record is no longer as it was seen (None: there was none)."""
        try:
            self._client.put_item(**self._put(endpoint, seen))
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def turn(self) -> str | None:
        """What to pass to `reserve`; it changes with each reservation."""
        answer = self._client.get_item(TableName=self._table, Key=to_item(_TURN), ConsistentRead=True)
        return from_item(answer["Item"])["turn"] if "Item" in answer else None

    def reserve(self, endpoint: StoredEndpoint, seen: StoredEndpoint | None, turn: str | None) -> bool:
        """Store an endpoint that takes up room; also False if another has taken up room since `turn` was read.

        A caller that asks for the turn, reads all endpoints and then reserves knows that there are no others.
        """
        own = Attr("turn").eq(turn) if turn else Attr("turn").not_exists()
        taken = self._conditional(_TURN | {"turn": token_hex(8)}, own)
        try:
            self._client.transact_write_items(TransactItems=[{"Put": self._put(endpoint, seen)}, {"Put": taken}])
        except self._client.exceptions.TransactionCanceledException:
            return False
        return True

    def forget(self, seen: StoredEndpoint) -> bool:
        """Remove a record; False if it is no longer as it was seen."""
        return remove(self._client, self._table, self.address(seen.name).key, _as_seen(seen))

    def _put(self, endpoint: StoredEndpoint, seen: StoredEndpoint | None) -> Any:
        document: dict[str, Any] = endpoint.model_dump(mode="json") | {"collection": _COLLECTION}
        document |= {"leaves_as": endpoint.leaves_as, "known": endpoint.known, "scaled": endpoint.scaled}
        document |= {"gone": endpoint.gone, "revision": token_hex(8)}
        if endpoint.gone:
            document["expires"] = int((now() + KEEP_GONE).timestamp())
        return self._conditional(document, _as_seen(seen))

    def _conditional(self, document: dict[str, Any], when: ConditionBase) -> Any:
        condition = ConditionExpressionBuilder().build_expression(when)
        put = {
            "TableName": self._table,
            "Item": to_item(document),
            "ConditionExpression": condition.condition_expression,
            "ExpressionAttributeNames": condition.attribute_name_placeholders,
        }
        values = to_item(condition.attribute_value_placeholders)
        return put | ({"ExpressionAttributeValues": values} if values else {})  # DynamoDB refuses an empty map


def _as_seen(seen: StoredEndpoint | None) -> ConditionBase:
    if not seen:
        return Attr("name").not_exists()
    if not seen.revision:
        return Attr("name").exists() & Attr("revision").not_exists()
    return Attr("revision").eq(seen.revision)
