"""Tags: given when a model, config or endpoint is created or later, and kept in its record."""

from local.sagemaker.records import Record, Records
from local.sagemaker.refusals import Refusal


class Tags:
    """The tags of all records, by the records' ARNs."""

    def __init__(self, *kinds: Records) -> None:
        self._kinds = kinds

    def of(self, members: Record) -> Record:
        """ListTags: all of them on one page; raises Refusal for an unknown ARN."""
        _, record = self._find(members["ResourceArn"])
        return {"Tags": record.get("Tags", [])}

    def add(self, members: Record) -> Record:
        """AddTags: a new value takes the place of a key's old one; raises Refusal for an unknown ARN."""
        records, record = self._find(members["ResourceArn"])
        tags = {tag["Key"]: tag for tag in [*record.get("Tags", []), *members["Tags"]]}
        record["Tags"] = list(tags.values())  # in place: an endpoint holds the same record
        records.save(record)
        return {"Tags": record["Tags"]}

    def _find(self, arn: str) -> tuple[Records, Record]:
        for records in self._kinds:
            for record in records.all():
                if record[f"{records.kind.noun}Arn"] == arn:
                    return records, record
        raise Refusal(f'Could not find resource "{arn}".')
