"""The stack's own tables, for an AWS that plays in memory."""

from typing import Any

from aws_cdk.assertions import Template


def as_declared(template: Template, name: str) -> Any:
    """What CreateTable needs; CloudFormation says it in the same words. `name` is as in `Storage`: jobs, models ..."""
    said = ("KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes", "BillingMode")
    (table,) = [
        resource["Properties"]
        for id, resource in template.find_resources("AWS::DynamoDB::Table").items()
        if id.startswith(f"Storage{name.capitalize()}")
    ]
    return {each: table[each] for each in said if each in table}
