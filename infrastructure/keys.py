"""API keys, by the operator's own AWS credentials: `python -m infrastructure.keys issue NAME | list | revoke NAME`."""

import argparse
import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from infrastructure.config import Config
from shared import keys

if TYPE_CHECKING:
    from types_boto3_apigateway.type_defs import ApiKeyTypeDef, UsagePlanKeyTypeDef

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


class KeysRefused(Exception):
    """The text says what is wrong and what to do."""


class Key(NamedTuple):
    id: str
    name: str
    enabled: bool
    created: str  # RFC 3339, to the second


class Keys:
    """The keys of one deployment: those of its usage plan. Other keys of the account are never touched."""

    def __init__(self, usage_plan: str) -> None:
        self._plan = usage_plan
        self._gateway = boto3.client("apigateway")

    def issue(self, name: str) -> str:
        """A new key for the person of that name, beside those they have: all have the same owner.

        Raises KeysRefused for a name that is none.
        """
        if not _NAME.fullmatch(name):
            raise KeysRefused(
                f"{name!r} can't be a name: it needs 1 to 64 letters, digits and . _ @ -, the first a letter or digit."
            )
        value = keys.issue(name)
        id = self._gateway.create_api_key(name=name, value=value, enabled=True)["id"]
        self._gateway.create_usage_plan_key(usagePlanId=self._plan, keyId=id, keyType="API_KEY")
        return value

    def all(self) -> list[Key]:
        """By name, then by age."""
        ids = {each["id"] for each in self._of_plan()}
        pages = self._gateway.get_paginator("get_api_keys").paginate()  # without their values
        found = [_described(key) for page in pages for key in page["items"] if key["id"] in ids]
        return sorted(found, key=lambda key: (key.name, key.created))

    def value(self, name: str) -> str | None:
        """A key of that name, for a program that must have it again; a person is shown a key once."""
        ids = [each["id"] for each in self._of_plan() if each["name"] == name]
        return self._gateway.get_api_key(apiKey=ids[0], includeValue=True)["value"] if ids else None

    def revoke(self, name_or_id: str) -> list[str]:
        """Delete the key with that id, or all keys of that name; answers their ids. Raises KeysRefused for none."""
        ids = [each["id"] for each in self._of_plan() if name_or_id in (each["id"], each["name"])]
        if not ids:
            raise KeysRefused(f"No key has the name or the id {name_or_id!r}.")
        for id in ids:
            self._gateway.delete_usage_plan_key(usagePlanId=self._plan, keyId=id)
            self._gateway.delete_api_key(apiKey=id)
        return ids

    def _of_plan(self) -> Iterator["UsagePlanKeyTypeDef"]:
        for page in self._gateway.get_paginator("get_usage_plan_keys").paginate(usagePlanId=self._plan):
            yield from page["items"]


def _described(key: "ApiKeyTypeDef") -> Key:
    return Key(key["id"], key["name"], key["enabled"], key["createdDate"].isoformat(timespec="seconds"))


def stack_outputs(stage: str) -> dict[str, str]:
    """By name. Raises KeysRefused where the stack is not deployed, or not completely."""
    stack = Config(stage=stage).stack_name
    try:
        (found,) = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        raise KeysRefused(
            f"There is no stack {stack} in this account and region. Is it deployed, is the profile the right one?"
        ) from error
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
    if "UsagePlan" not in outputs:
        raise KeysRefused(f"The stack {stack} is not deployed completely: it is {found['StackStatus']}.")
    return outputs


def main(arguments: list[str] | None = None) -> int:
    given = _parsed(arguments)
    try:
        _run(given, Keys(stack_outputs(given.stage)["UsagePlan"]))
    except (KeysRefused, ValidationError, BotoCoreError, ClientError) as refusal:
        print(refusal, file=sys.stderr)
        return 1
    return 0


def _parsed(arguments: list[str] | None) -> argparse.Namespace:
    stage = argparse.ArgumentParser(add_help=False)
    stage.add_argument("--stage", default="dev", help="which deployment's keys (default: dev)")
    parser = argparse.ArgumentParser(prog="python -m infrastructure.keys", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    issue = commands.add_parser("issue", parents=[stage], help="print a new key, this once")
    issue.add_argument("name", help="whose key it is")
    commands.add_parser("list", parents=[stage], help="names, ids and ages; never the keys")
    revoke = commands.add_parser("revoke", parents=[stage], help="delete the key of that id, or all of that name")
    revoke.add_argument("name", help="a name or an id")
    return parser.parse_args(arguments)


def _run(given: argparse.Namespace, of_stage: Keys) -> None:
    match given.command:
        case "issue":
            print(of_stage.issue(given.name))
            print("Keep it now: it is not shown again.", file=sys.stderr)  # so that stdout is the key alone
        case "list":
            for key in of_stage.all():
                print(f"{key.name}  {key.id}  {key.created}{'' if key.enabled else '  disabled'}")
        case "revoke":
            for id in of_stage.revoke(given.name):
                print(f"{id} is deleted; within seconds nothing takes it.")


if __name__ == "__main__":
    sys.exit(main())
