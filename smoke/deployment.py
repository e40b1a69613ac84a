"""The deployment under test, as its stack's outputs describe it, and a key for the time of the test."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

from goc.keys import Keys, stack_outputs


@dataclass(frozen=True)
class Deployment:
    api: str
    usage_plan: str
    bucket: str
    jobs_table: str
    inline_bodies: bool
    success_topic: str
    error_topic: str


def find(stage: str, api: str | None = None) -> Deployment:
    """By the caller's credentials; `api` is for an address other than the stack's output. Raises KeysRefused."""
    outputs = stack_outputs(stage)
    return Deployment(
        api=api or outputs["ApiUrl"],
        usage_plan=outputs["UsagePlan"],
        bucket=outputs["Bucket"],
        jobs_table=outputs["JobsTable"],
        inline_bodies=outputs["InlineBodies"] == "true",
        success_topic=outputs["SuccessTopic"],
        error_topic=outputs["ErrorTopic"],
    )


@contextmanager
def temporary_key(deployment: Deployment) -> Iterator[str]:
    """A key with an owner of its own, so that the test's jobs do not mix with others."""
    keys, name = Keys(deployment.usage_plan), f"smoke-{uuid4().hex[:12]}"
    key = keys.issue(name)
    try:
        yield key
    finally:
        keys.revoke(name)
