"""What the API answers, as far as this client reads it; docs/api.md says what each means."""

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, PrivateAttr, ValidationError

from goc.failures import Failure

ModelType = Literal["checkpoint", "lora", "textual_inversion", "hypernetwork", "controlnet", "vae", "detector"]


class Answered(BaseModel):
    """`document` is all that the API said, including what this client has no name for."""

    _document: dict[str, Any] = PrivateAttr(default_factory=dict)

    @classmethod
    def of(cls, document: dict[str, Any]) -> Self:
        """Raises Failure if the document is no such thing."""
        try:
            found = cls.model_validate(document)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(map(str, first["loc"]))
            raise Failure(
                f"What was answered is no {cls.__name__.lower()}: {field}: {first['msg']}. Is the API's address right?"
            ) from error
        found._document = document
        return found

    @property
    def document(self) -> dict[str, Any]:
        return self._document


class Endpoint(Answered):
    """`status` is SageMaker's word; only one that is InService takes jobs.

    `backlog_per_instance` is the number of jobs for each instance above which another is started, `hourly_usd` the
    price of one instance-hour. One that was not made by the API has neither. `backlog`, the jobs that are not done, and
    `jobs_today`, those done since midnight in UTC, are there only if it was asked for by its name.
    """

    name: str
    status: str
    reason: str | None = None
    instance_type: str | None = None
    instances: int | None = None
    desired_instances: int | None = None
    min_instances: int | None = None
    max_instances: int | None = None
    backlog_per_instance: int | None = None
    hourly_usd: float | None = None
    backlog: int | None = None
    jobs_today: int | None = None
    created_at: datetime

    @property
    def settled(self) -> bool:
        return self.status not in ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")


class Model(Answered):
    """`state` is `uploading`, `checking`, `active`, or `failed` for the `reason` given."""

    type: str
    name: str
    size: int
    state: str = "active"
    reason: str | None = None
    base: str | None = None
    updated_at: datetime | None = None
    last_used_at: datetime | None = None


class NewModel(BaseModel):
    """A file to be uploaded. `size` in bytes; `sha256` in hexadecimal digits."""

    type: str
    name: str
    size: int
    sha256: str | None = None
    replace: bool = False


class Part(BaseModel):
    """A missing part. Parts are counted from 1; `url` is a presigned link to PUT its `size` bytes to."""

    number: int
    url: str
    size: int


class Upload(BaseModel):
    """`parts` are the first missing ones, by number; empty if none is missing."""

    part_size: int
    part_count: int
    parts: list[Part]


class Begun(Answered):
    model: Model
    upload: Upload


class Picture(BaseModel):
    file: str
    url: str


class JobSummary(Answered):
    """`progress` is the share done, 0 to 1."""

    id: str
    status: str
    endpoint: str
    checkpoint: str
    progress: float
    created_at: datetime

    @property
    def final(self) -> bool:
        return self.status not in ("queued", "running")


class Job(JobSummary):
    """While it is queued, `waiting_for` may be `instance` or `turn`, and `ahead` is the number of jobs before it."""

    waiting_for: str | None = None
    ahead: int | None = None
    warnings: list[str] = []
    images: list[Picture] = []
    extra_images: list[Picture] = []
    error: str | None = None
