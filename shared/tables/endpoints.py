"""The endpoints table: SageMaker's endpoints of this deployment, as SageMaker last described them."""

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import Attr, Key

from shared.shapes import Endpoint, now, spell
from shared.tables.items import Address, query, to_item, update

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_COLLECTION = "endpoints"  # one partition: an account has a handful

DELETED = "Deleted"  # not SageMaker's word: it forgets an endpoint at once
KEEP_DELETED = timedelta(days=1)  # longer than any job's deadline


class Endpoints:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def address(self, name: str) -> Address:
        return Address(self._table, {"collection": _COLLECTION, "name": name})

    def all(self) -> list[Endpoint]:
        found = query(self._client, self._table, Key("collection").eq(_COLLECTION))
        return [Endpoint.model_validate(document) for document in found.documents]

    def save(self, endpoint: Endpoint) -> None:
        """Keep what SageMaker said, unless what it said of a later change is there already."""
        document = endpoint.model_dump(mode="json")
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.put_item(
                TableName=self._table,
                Item=to_item({"collection": _COLLECTION} | document),
                ConditionExpression="attribute_not_exists(updated_at) OR updated_at <= :updated_at",
                ExpressionAttributeValues=to_item({":updated_at": document["updated_at"]}),
            )

    def mark_deleted(self, name: str) -> None:
        """Keep a deleted endpoint for a day, so that its unfinished jobs are found and settled."""
        moment = now()
        changes = {"status": DELETED, "updated_at": spell(moment), "expires": int((moment + KEEP_DELETED).timestamp())}
        update(self._client, self._table, self.address(name).key, changes, when=Attr("name").exists())
