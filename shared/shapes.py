"""The things that this project speaks of, as they are stored, sent and answered."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import AwareDatetime, BaseModel, Field, PlainSerializer, WithJsonSchema

from shared.parameters import Parameters


def spell(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# RFC 3339, UTC, always 24 characters: as text it sorts by time, which the tables' conditions rely on.
Moment = Annotated[
    AwareDatetime,
    PlainSerializer(spell, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


def now() -> datetime:
    return datetime.now(UTC)


class Status(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        return self not in (Status.QUEUED, Status.RUNNING)


class JobKey(NamedTuple):
    """A job's owner and id: its primary key, its folder in the bucket and its SageMaker InferenceId."""

    owner: str
    id: str

    @property
    def inference_id(self) -> str:
        return f"{self.owner}/{self.id}"

    @classmethod
    def from_inference_id(cls, text: str) -> Self:
        """Raises ValueError where the text was not made by `inference_id`."""
        owner, id = text.split("/")
        return cls(owner, id)

    @property
    def folder(self) -> str:
        return f"jobs/{self.owner}/{self.id}"

    def output(self, file: str) -> str:
        return f"{self.folder}/outputs/{file}"


class Picture(BaseModel):
    """One picture of a job. `url` is a presigned link, made afresh for each answer and never stored."""

    file: str
    seed: int
    width: int
    height: int
    infotext: str | None = None
    url: str | None = None


class JobSummary(BaseModel):
    """What a list of jobs shows of each."""

    id: str
    task: Literal["txt2img"]
    status: Status
    endpoint: str
    checkpoint: str
    progress: float = Field(0.0, ge=0, le=1)
    created_at: Moment
    started_at: Moment | None = None
    finished_at: Moment | None = None


class Job(JobSummary):
    """One order for pictures, as its owner sees it; the table holds the same."""

    owner: str = Field(exclude=True)
    deadline: Moment
    parameters: Parameters
    warnings: list[str] = []
    images: list[Picture] = []
    error: str | None = None

    @property
    def key(self) -> JobKey:
        return JobKey(self.owner, self.id)


class Unfinished(BaseModel):
    """What the sweeper sees of a job. `lease_until`, in seconds since 1970, is there once it has been claimed."""

    owner: str
    id: str
    created_at: Moment
    deadline: Moment
    lease_until: int | None = None

    @property
    def key(self) -> JobKey:
        return JobKey(self.owner, self.id)


class ModelType(StrEnum):
    CHECKPOINT = "checkpoint"
    LORA = "lora"
    TEXTUAL_INVERSION = "textual_inversion"
    HYPERNETWORK = "hypernetwork"
    CONTROLNET = "controlnet"
    VAE = "vae"
    DETECTOR = "detector"


class Model(BaseModel):
    """A file that an endpoint can load. `key` is its place in the bucket, `etag` tells one content from another."""

    type: ModelType
    name: str
    key: str
    size: int = Field(description="Bytes.")
    etag: str
    updated_at: Moment


class Endpoint(BaseModel):
    """A SageMaker asynchronous endpoint. `status` is SageMaker's own word; only InService takes a job."""

    name: str
    status: str
    reason: str | None = Field(None, description="Why it failed, in SageMaker's words.")
    created_at: Moment
    updated_at: Moment


class Order(BaseModel):
    """What the container is sent: all that it needs to draw a job."""

    owner: str
    id: str
    checkpoint: Model
    parameters: Parameters

    @property
    def key(self) -> JobKey:
        return JobKey(self.owner, self.id)


class Outcome(StrEnum):
    """How far a container came with a job. `not_mine`: another delivery of the same order holds it."""

    DRAWING = "drawing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"
    NOT_MINE = "not_mine"


class Manifest(BaseModel):
    """What the container made of an order: rewritten beside the pictures as they come, and its answer at the end."""

    outcome: Outcome
    images: list[Picture] = []
    error: str | None = None
