"""An order, as `POST /jobs` takes it."""

import hashlib
import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shared.controlnet import NO_MODEL
from shared.parameters import Text, Txt2Img
from shared.suggestions import did_you_mean


def _refuse_field(name: str) -> str:
    raise ValueError(f"An order has no such field.{did_you_mean(name, SubmitJob.model_fields)}")


class SubmitJob(BaseModel):
    """An order for pictures."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[Annotated[str, AfterValidator(_refuse_field)], Any]

    task: Literal["txt2img"]
    endpoint: Text = Field(min_length=1, max_length=63, description="An endpoint that is InService.")
    checkpoint: Text = Field(min_length=1, max_length=200, description="A checkpoint, as GET /models names it.")
    parameters: Txt2Img = Field(Txt2Img(), description="The body that the WebUI's own txt2img route takes.")
    deadline_seconds: int | None = Field(
        None, ge=60, description="How long the job may take until its last picture; after that it fails."
    )

    @property
    def control_models(self) -> dict[int, str]:
        """The models that ControlNet units name, by the units' places."""
        units = self.parameters.units.items()
        return {place: unit.model for place, unit in units if unit.model != NO_MODEL}

    @property
    def fingerprint(self) -> str:
        """The same for orders that ask for the same."""
        # Not pydantic's JSON: a field that is not honoured may hold half a character, which it fails at.
        return hashlib.sha256(json.dumps(self.model_dump()).encode()).hexdigest()
