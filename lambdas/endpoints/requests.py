"""What a caller may ask of an endpoint."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field, WithJsonSchema

from shared.known_fields import KnownFields, refused

# SageMaker's own bounds (CreateEndpoint in AWS's API reference), for a name with its deployment's prefix. When it
# creates them, "Fast" and "fast" are the same endpoint, so only small letters are accepted here.
MOST_NAME = 63
NAME = r"^[a-z0-9](-*[a-z0-9])*$"
ECR_URI = r"^\d{12}\.dkr\.ecr\.[a-z0-9.-]+/[a-z0-9._/-]+(:[A-Za-z0-9._-]+|@sha256:[0-9a-f]{64})$"
INSTANCE_TYPE = r"^ml\.[a-z0-9-]+\.[a-z0-9]+$"

BACKLOG_PER_INSTANCE = 5


def _like(pattern: str, most: int, what: str) -> AfterValidator:
    """Refuses, with the sentence `what`, a text that does not match, or one of more than `most` characters."""

    def check(text: str) -> str:
        if len(text) > most or not re.fullmatch(pattern, text):
            raise ValueError(what)
        return text

    return AfterValidator(check)


def _shown(pattern: str, most: int, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "maxLength": most, "examples": [example]})


Name = Annotated[
    str,
    _like(NAME, MOST_NAME, f"A name has small letters, digits and, within, hyphens, {MOST_NAME} at the most."),
    _shown(NAME, MOST_NAME, "fast-1"),
]
InstanceType = Annotated[
    str,
    _like(INSTANCE_TYPE, 64, "It is one of SageMaker's instance types, such as ml.g5.xlarge."),
    _shown(INSTANCE_TYPE, 64, "ml.g5.xlarge"),
]
Image = Annotated[
    str,
    _like(ECR_URI, 255, "It is an image's address in ECR: ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME:TAG."),
    _shown(ECR_URI, 255, "123456789012.dkr.ecr.eu-central-1.amazonaws.com/goc:1"),
]
Backlog = Annotated[
    int, Field(ge=1, le=1000, description="Waiting jobs per instance above which an instance is added.")
]
Least = Annotated[
    int,
    Field(
        ge=0, le=100, description="Minimum number of instances, which are always paid for; 0 costs nothing while idle."
    ),
]
Most = Annotated[int, Field(ge=1, le=100, description="Maximum number of instances.")]

_CHANGED = "Of an endpoint are changed min_instances, max_instances, backlog_per_instance."


class CreateEndpoint(KnownFields):
    __pydantic_extra__: dict[
        Annotated[str, refused("The creation of an endpoint has no such field.", lambda: CreateEndpoint)], Any
    ]

    name: Name | None = Field(
        None,
        description="The deployment's prefix is added if missing; a name is generated if omitted.",
    )
    instance_type: InstanceType
    min_instances: Least = 0
    max_instances: Most = 1
    backlog_per_instance: Backlog = BACKLOG_PER_INSTANCE
    image: Image | None = Field(
        None, description="Another container image, from the repository that endpoints pull from."
    )


class RescaleEndpoint(KnownFields):
    """What is left out, or null, stays as it is."""

    __pydantic_extra__: dict[Annotated[str, refused(_CHANGED, lambda: RescaleEndpoint)], Any]

    min_instances: Least | None = None
    max_instances: Most | None = None
    backlog_per_instance: Backlog | None = None
