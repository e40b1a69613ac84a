"""The runtime: InvokeEndpointAsync, as the `sagemaker-runtime` client sends it."""

from collections.abc import Mapping
from typing import cast
from uuid import uuid4

import botocore.session
from botocore.model import StructureShape

from local.sagemaker import validation
from local.sagemaker.endpoints import SERVING
from local.sagemaker.fleet import Fleet
from local.sagemaker.invocations import Invocation
from local.sagemaker.records import Record
from local.sagemaker.refusals import InvocationRefused, Malformed, Refusal
from local.sagemaker.settings import ACCOUNT

DEFAULT_TTL_SECONDS = 21_600
DEFAULT_TIMEOUT_SECONDS = 900
"""Both from the API model's documentation of InvokeEndpointAsync."""


class Runtime:
    """Takes invocations for the endpoints of a fleet."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        model = botocore.session.get_session().get_service_model("sagemaker-runtime")
        self._shape = cast(StructureShape, model.operation_model("InvokeEndpointAsync").input_shape)

    def invoke(self, endpoint_name: str, headers: Mapping[str, str], body: bytes) -> Invocation:
        """Queue an invocation; raises InvocationRefused, or Malformed for a header that is no number."""
        members = self._members(endpoint_name, headers, body)
        try:
            validation.check(self._shape, members)
        except Malformed:
            raise
        except Refusal as refusal:
            raise InvocationRefused(str(refusal)) from None
        if ("Body" in members) == ("InputLocation" in members):
            raise InvocationRefused("Provide exactly one of Body and InputLocation.")
        if not members.get("InputLocation", "s3://").startswith("s3://"):
            raise InvocationRefused("This emulator reads InputLocation from s3:// only.")
        endpoint = self._fleet.find(endpoint_name)
        if endpoint is None or endpoint.status not in SERVING:
            raise InvocationRefused(f"Endpoint {endpoint_name} of account {ACCOUNT} not found.")
        invocation = _draw(members, endpoint.record["AsyncInferenceConfig"]["OutputConfig"])
        endpoint.add(invocation)
        return invocation

    def _members(self, endpoint_name: str, headers: Mapping[str, str], body: bytes) -> Record:
        members: Record = {"EndpointName": endpoint_name}
        if body:
            members["Body"] = body
        for name, shape in self._shape.members.items():
            header = shape.serialization.get("name", "")
            if shape.serialization.get("location") == "header" and header in headers:
                members[name] = _number(name, headers[header]) if shape.type_name == "integer" else headers[header]
        return members


def _number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise Malformed(f"'{text}' at '{name}' cannot be converted to integer") from None


def _draw(members: Record, output: Record) -> Invocation:
    file = uuid4().hex
    output_file = members.get("Filename", f"{file}.out")
    failure_path: str | None = output.get("S3FailurePath")
    return Invocation(
        inference_id=members.get("InferenceId", str(uuid4())),
        endpoint=members["EndpointName"],
        content_type=members.get("ContentType"),
        accept=members.get("Accept"),
        body=members.get("Body"),
        input_location=members.get("InputLocation"),
        output_location=_joined(output["S3OutputPath"], members.get("S3OutputPathExtension"), output_file),
        failure_location=_joined(failure_path, f"{file}-error.out") if failure_path else None,
        ttl_seconds=members.get("RequestTTLSeconds", DEFAULT_TTL_SECONDS),
        timeout_seconds=members.get("InvocationTimeoutSeconds", DEFAULT_TIMEOUT_SECONDS),
    )


def _joined(root: str, *parts: str | None) -> str:
    return "/".join([root.rstrip("/"), *(part.strip("/") for part in parts if part)])
