"""What a caller may ask of an endpoint."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shared.suggestions import did_you_mean

# SageMaker's own bounds (CreateEndpoint in AWS's API reference), of a name with its deployment's prefix.
MOST_NAME = 63
NAME = r"^[a-zA-Z0-9](-*[a-zA-Z0-9])*$"
ECR_URI = r"^\d{12}\.dkr\.ecr\.[a-z0-9.-]+/[a-z0-9._/-]+(:[A-Za-z0-9._-]+|@sha256:[0-9a-f]{64})$"
INSTANCE_TYPE = r"^ml\.[a-z0-9-]+\.[a-z0-9]+$"

BACKLOG_PER_INSTANCE = 5

Backlog = Annotated[int, Field(ge=1, le=1000, description="Waiting jobs for each instance before one is added.")]
Least = Annotated[
    int, Field(ge=0, le=100, description="Instances that are kept, and paid for; 0 costs nothing while idle.")
]
Most = Annotated[int, Field(ge=1, le=100, description="Instances that it may grow to.")]


def _refuse_in_creation(name: str) -> str:
    raise ValueError(f"The creation of an endpoint has no such field.{did_you_mean(name, CreateEndpoint.model_fields)}")


def _refuse_in_rescaling(name: str) -> str:
    raise ValueError(f"Of an endpoint that is not changed.{did_you_mean(name, RescaleEndpoint.model_fields)}")


class CreateEndpoint(BaseModel):
    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[Annotated[str, AfterValidator(_refuse_in_creation)], Any]

    name: str | None = Field(
        None,
        min_length=1,
        max_length=MOST_NAME,
        pattern=NAME,
        description="It is given the deployment's prefix where it has not got it. Without one, a name is made.",
    )
    instance_type: str = Field(pattern=INSTANCE_TYPE, max_length=64, examples=["ml.g5.xlarge"])
    min_instances: Least = 0
    max_instances: Most = 1
    backlog_per_instance: Backlog = BACKLOG_PER_INSTANCE
    image: str | None = Field(
        None,
        pattern=ECR_URI,
        max_length=255,
        description="Of another container, from the repository that endpoints pull from.",
    )


class RescaleEndpoint(BaseModel):
    """What is left out, or null, stays as it is."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[Annotated[str, AfterValidator(_refuse_in_rescaling)], Any]

    min_instances: Least | None = None
    max_instances: Most | None = None
    backlog_per_instance: Backlog | None = None
