"""Invocations: what InvokeEndpointAsync was given, until its notice is out."""

import base64
import json
import time
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import uuid4


class InvocationFailed(Exception):
    """The invocation ends with a failure notice; the message is its `failureReason`."""

    def __init__(self, reason: str, answer: "Answer | None" = None) -> None:
        super().__init__(reason)
        self.answer = answer
        """What the container answered, if it did."""


class HandedBack(Exception):
    """The container did not carry out the invocation, which goes back to the head of the queue."""


@dataclass(frozen=True)
class Answer:
    """What a container answered to POST /invocations."""

    content_type: str
    body: bytes


def _ticket() -> str:
    return f"{time.time_ns():020d}-{uuid4().hex}"


@dataclass(frozen=True)
class Invocation:
    """One accepted call. Its input is `body`, or the object at `input_location`."""

    inference_id: str
    endpoint: str
    content_type: str | None
    accept: str | None
    body: bytes | None
    input_location: str | None
    output_location: str
    failure_location: str | None
    ttl_seconds: int
    timeout_seconds: int
    received: float = field(default_factory=time.time)
    """Seconds since 1970."""
    ticket: str = field(default_factory=_ticket)
    """Its place in the queue: tickets sort by the time they were drawn."""

    @property
    def expired(self) -> bool:
        """Whether it has waited longer than RequestTTLSeconds allows."""
        return time.time() > self.received + self.ttl_seconds

    def to_json(self) -> str:
        """The form in which it waits on disk."""
        body = None if self.body is None else base64.b64encode(self.body).decode()
        return json.dumps(asdict(self) | {"body": body})

    @classmethod
    def from_json(cls, text: str) -> "Invocation":
        """The inverse of `to_json`."""
        members: dict[str, Any] = json.loads(text)
        if members["body"] is not None:
            members["body"] = base64.b64decode(members["body"])
        return cls(**members)
