"""The endpoints table: SageMaker's endpoints of this deployment, as SageMaker last described them."""

from contextlib import suppress
from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import Key

from shared.shapes import Endpoint
from shared.tables.items import Address, query, to_item

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_COLLECTION = "endpoints"  # one partition: an account has a handful


class Endpoints:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def address(self, name: str) -> Address:
        return Address(self._table, {"collection": _COLLECTION, "name": name})

    def all(self) -> list[Endpoint]:
        documents = query(self._client, self._table, Key("collection").eq(_COLLECTION))
        return [Endpoint.model_validate(document) for document in documents]

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

    def remove(self, name: str) -> None:
        self._client.delete_item(TableName=self._table, Key=to_item(self.address(name).key))
