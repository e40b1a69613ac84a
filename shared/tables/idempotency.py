"""Which job an Idempotency-Key has made: kept in the jobs table, in a partition of its own for each owner."""

import time
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from shared.tables.items import Address, Document, to_item

KEEP_SECONDS = 24 * 3600
_PARTITION = "idempotency#"


class First(BaseModel):
    """The order that came first with a key. `fingerprint` tells whether a later one is the same."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    owner: Annotated[str, BeforeValidator(lambda text: text.removeprefix(_PARTITION))]
    key: str = Field(alias="id")
    job: str
    fingerprint: str

    @classmethod
    def standing(cls, document: Document) -> Self | None:
        """As it was stored; None if it has expired."""
        return cls.model_validate(document) if document["expires"] > time.time() else None

    @staticmethod
    def address(table: str, owner: str, key: str) -> Address:
        return Address(table, {"owner": f"{_PARTITION}{owner}", "id": key})

    def put(self, table: str) -> Any:
        """The write, in a transaction, that only the first order of a key can make."""
        now = int(time.time())
        place = self.address(table, self.owner, self.key).key
        document = {"job": self.job, "fingerprint": self.fingerprint, "expires": now + KEEP_SECONDS}
        return {
            "TableName": table,
            "Item": to_item(dict(place) | document),
            # DynamoDB removes what has expired within days, not at once.
            "ConditionExpression": "attribute_not_exists(id) OR expires < :now",
            "ExpressionAttributeValues": to_item({":now": now}),
        }
