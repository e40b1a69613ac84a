"""What a notice says. SageMaker promises little about its form: only the fields used here are required."""

import json
from base64 import b64decode
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, Field

from shared.shapes import JobKey

TEST = "TestNotification"


class ResponseBody(BaseModel):
    """The container's answer, which the notice holds if it is at most 128 KB."""

    content: str
    encoding: str = "BASE64"

    def decoded(self) -> bytes:
        return b64decode(self.content) if self.encoding.upper() == "BASE64" else self.content.encode()


class Notice(BaseModel):
    job: Annotated[JobKey, BeforeValidator(lambda text: JobKey.from_inference_id(str(text)))] = Field(
        alias="inferenceId"
    )
    status: Literal["Completed", "Failed"] = Field(alias="invocationStatus")
    response: ResponseBody | None = Field(None, alias="responseBody")
    failure_reason: str | None = Field(None, alias="failureReason")

    @classmethod
    def read(cls, body: str) -> Self | None:
        """None if SageMaker only tests the topic, as it does when an endpoint is created, updated or rescaled.

        Raises ValueError for what is not a job's notice (AWS's developer guide, "Create Endpoint", describes the test).
        """
        said = json.loads(body)
        if isinstance(said, dict) and said.get("eventName") == TEST:
            return None
        return cls.model_validate(said)
