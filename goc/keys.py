"""API keys, managed with the caller's own AWS credentials."""

import hashlib
import re
import secrets
import string
from collections.abc import Iterator, Set
from typing import TYPE_CHECKING, NamedTuple

import boto3
from botocore.exceptions import ClientError

from goc.failures import Failure

if TYPE_CHECKING:
    from types_boto3_apigateway.type_defs import ApiKeyTypeDef, UsagePlanKeyTypeDef

# API Gateway takes letters and digits only; 40 of them are over 200 bits of secret.
_ALPHABET = string.ascii_lowercase + string.digits
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_STAGE = re.compile(r"[a-z][a-z0-9]{0,15}")


class KeysRefused(Failure):
    """The text says what is wrong and what to do."""


class Key(NamedTuple):
    id: str
    name: str
    enabled: bool  # also false if its creation or revocation broke off: it opens nothing
    created: str  # RFC 3339, to the second


def issue(name: str) -> str:
    """A new key for the person of that name: a later key of theirs differs in its secret and has the same owner."""
    owner = hashlib.sha256(name.encode()).hexdigest()[:12]
    return f"goc{owner}" + "".join(secrets.choice(_ALPHABET) for _ in range(40))


class Keys:
    """The keys of one deployment: those of its usage plan. Other keys of the account are never touched."""

    def __init__(self, usage_plan: str) -> None:
        self._plan = usage_plan
        self._mark = f"Of the usage plan {usage_plan}."  # marks a key that is not in the plan yet
        self._gateway = boto3.client("apigateway")

    def issue(self, name: str) -> str:
        """A new key for the person of that name, besides those they have: all have the same owner.

        Raises KeysRefused for an invalid name.
        """
        if not _NAME.fullmatch(name):
            raise KeysRefused(
                f"{name!r} can't be a name: it needs 1 to 64 letters, digits and . _ @ -, the first a letter or digit."
            )
        value = issue(name)
        id = self._gateway.create_api_key(name=name, description=self._mark, value=value, enabled=True)["id"]
        self._gateway.create_usage_plan_key(usagePlanId=self._plan, keyId=id, keyType="API_KEY")
        return value

    def all(self) -> list[Key]:
        """All keys, by name, then by age."""
        return self._all({each["id"] for each in self._of_plan()})

    def value(self, name: str) -> str | None:
        """A key of that name, for a program that must have it again; a person is shown a key once."""
        ids = [each["id"] for each in self._of_plan() if each["name"] == name]
        return self._gateway.get_api_key(apiKey=ids[0], includeValue=True)["value"] if ids else None

    def revoke(self, name_or_id: str) -> list[str]:
        """Delete the key with that id, or all keys of that name; returns their ids. Raises KeysRefused if none."""
        of_plan = {each["id"] for each in self._of_plan()}
        ids = [key.id for key in self._all(of_plan) if name_or_id in (key.id, key.name)]
        if not ids:
            raise KeysRefused(f"No key has the name or the id {name_or_id!r}.")
        for id in ids:
            if id in of_plan:
                self._gateway.delete_usage_plan_key(usagePlanId=self._plan, keyId=id)
            self._gateway.delete_api_key(apiKey=id)
        return ids

    def _all(self, of_plan: Set[str]) -> list[Key]:
        pages = self._gateway.get_paginator("get_api_keys").paginate()  # without their values
        found = [
            _described(key, key["id"] in of_plan)
            for page in pages
            for key in page["items"]
            if key["id"] in of_plan or key.get("description") == self._mark
        ]
        return sorted(found, key=lambda key: (key.name, key.created))

    def _of_plan(self) -> Iterator["UsagePlanKeyTypeDef"]:
        for page in self._gateway.get_paginator("get_usage_plan_keys").paginate(usagePlanId=self._plan):
            yield from page["items"]


def _described(key: "ApiKeyTypeDef", of_plan: bool) -> Key:
    return Key(key["id"], key["name"], key["enabled"] and of_plan, key["createdDate"].isoformat(timespec="seconds"))


def stack_name(stage: str) -> str:
    return f"GenerateOnCloud-{stage}"


def stack_outputs(stage: str) -> dict[str, str]:
    """The stack's outputs by name. Raises KeysRefused if it is not deployed, or not completely."""
    if not _STAGE.fullmatch(stage):
        raise KeysRefused(
            f"{stage!r} can't be a stage: it has up to 16 lower-case letters and digits, the first a letter."
        )
    stack = stack_name(stage)
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
