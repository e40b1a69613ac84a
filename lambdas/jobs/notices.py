"""What a notice says. SageMaker promises little of its form: only the fields asked for here are required."""

from base64 import b64decode
from typing import Literal

from pydantic import BaseModel, Field

from shared.shapes import JobKey


class ResponseBody(BaseModel):
    """The container's answer, in the notice where it is at most 128 KB."""

    content: str
    encoding: str = "BASE64"

    def decoded(self) -> bytes:
        return b64decode(self.content) if self.encoding.upper() == "BASE64" else self.content.encode()


class Notice(BaseModel):
    inference_id: str = Field(alias="inferenceId")
    status: Literal["Completed", "Failed"] = Field(alias="invocationStatus")
    response: ResponseBody | None = Field(None, alias="responseBody")
    failure_reason: str | None = Field(None, alias="failureReason")

    @property
    def job(self) -> JobKey:
        """Raises ValueError where the inference was not ordered by this project."""
        return JobKey.from_inference_id(self.inference_id)
