"""The things that this project speaks of, as they are stored, sent and answered."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from shared.contents import Contents
from shared.parameters import Img2ImgParameters, Text, Txt2ImgParameters
from shared.warnings import Warnings


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


class Task(StrEnum):
    TXT2IMG = "txt2img"
    IMG2IMG = "img2img"


# Only an img2img's have `init_images`, which tells them apart.
TaskParameters = Annotated[Img2ImgParameters | Txt2ImgParameters, Field(union_mode="left_to_right")]

MOST_NAME = 200  # characters of a model's name, as it is ordered: they fit a table's key, which has 1,024 bytes
Name = Annotated[Text, Field(min_length=1, max_length=MOST_NAME)]


class JobKey(NamedTuple):
    """A job's owner and id: its primary key, its folder in the bucket and its SageMaker InferenceId."""

    owner: str
    id: str

    @property
    def inference_id(self) -> str:
        return f"{self.owner}/{self.id}"

    @classmethod
    def from_inference_id(cls, text: str) -> Self:
        """Raises ValueError if the text was not made by `inference_id`."""
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
    subseed: int | None = Field(None, description="Where a variation was mixed in.")
    width: int
    height: int
    infotext: str | None = None
    url: str | None = None


class ExtraImage(BaseModel):
    """What a job makes beside its pictures: all of them as a grid, or the map that a ControlNet unit was guided by."""

    kind: Literal["grid", "control_map"]
    file: str
    width: int
    height: int
    unit: int | None = Field(None, description="Of a control map: its unit's place among those that are switched on.")
    url: str | None = None


class ExtraNetworks(BaseModel):
    """Models beside the checkpoint, by type and name."""

    model_config = ConfigDict(frozen=True)

    lora: list[Name] = []
    textual_inversion: list[Name] = []
    hypernetwork: list[Name] = []
    controlnet: list[Name] = []
    vae: list[Name] = []
    detector: list[Name] = []


class _Private(BaseModel, hide_input_in_errors=True):
    """It may hold prompts: if it can't be read, the error goes into the log, and must not quote them."""


class JobSummary(_Private):
    """What a list of jobs shows of each."""

    id: str
    task: Task
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
    lease_until: int | None = Field(None, exclude=True)  # seconds since 1970, once it has been claimed
    deadline: Moment
    step: int | None = Field(None, description="Sampling steps done by now; while it is drawn.")
    steps: int | None = Field(None, description="Sampling steps of the whole job; while it is drawn.")
    eta_seconds: float | None = Field(None, description="How long the steps left will take; while it is drawn.")
    waiting_for: Literal["instance", "turn"] | None = Field(
        None, description="While it is queued: that its endpoint starts an instance, or that the jobs ahead are drawn."
    )
    ahead: int | None = Field(None, description="While it is queued: how many jobs come before it.")
    extra_networks: ExtraNetworks = ExtraNetworks()
    parameters: TaskParameters
    warnings: Warnings = []
    images: list[Picture] = []
    extra_images: list[ExtraImage] = []
    preview: bool = Field(False, description="Whether it was ordered to show itself while it is drawn.")
    preview_url: str | None = Field(None, description="While it is drawn, what it looks like by now.")
    error: str | None = None

    @property
    def key(self) -> JobKey:
        return JobKey(self.owner, self.id)


class Report(NamedTuple):
    """How far a container is with a job: the share done (0 to 1), and from the first step on what `Job` shows of it."""

    progress: float = 0.0
    step: int | None = None
    steps: int | None = None
    eta_seconds: float | None = None


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


class ModelState(StrEnum):
    UPLOADING = "uploading"
    CHECKING = "checking"
    ACTIVE = "active"
    FAILED = "failed"


class Model(Contents):
    """A file that an endpoint can load, once it is active. `key` is its place in the bucket."""

    type: ModelType
    name: str
    key: str
    size: int = Field(description="Size in bytes.")
    etag: str = Field("", description="Identifies the content; empty until the file is there.")
    updated_at: Moment
    state: ModelState = ModelState.ACTIVE
    reason: str | None = Field(None, description="Why it failed.")
    sha256: str | None = Field(
        None, description="SHA-256 as its uploader gave it; an endpoint compares it when it loads the file."
    )
    created_at: Moment | None = None
    last_used_at: Moment | None = Field(
        None, description="Time of the last use; null until an endpoint has drawn with it."
    )


class Endpoint(BaseModel):
    """A SageMaker asynchronous endpoint. What is null of one is not known here, since it was made elsewhere.

    `status` is SageMaker's own word, with two exceptions. An endpoint whose number of instances SageMaker changes, and
    nothing else, stays InService, since it takes jobs all the while. One that is gone is Deleted.
    """

    name: str
    status: str
    reason: str | None = Field(None, description="Why it failed or cannot be scaled, in AWS's words, and the way out.")
    instance_type: str | None = None
    image: str | None = Field(None, description="Container image (ECR URI).")
    instances: int | None = Field(None, description="Running instances.")
    desired_instances: int | None = Field(None, description="Instances it is scaling to.")
    min_instances: int | None = None
    max_instances: int | None = None
    backlog_per_instance: int | None = Field(
        None, description="Waiting jobs per instance above which an instance is added."
    )
    created_at: Moment
    updated_at: Moment = Field(description="Time of the last state change.")


class Order(_Private):
    """What the container is sent: all that it needs to draw a job."""

    owner: str
    id: str
    checkpoint: Model
    networks: list[Model] = Field([], description="Every other model that it names.")
    parameters: TaskParameters
    preview: bool = False
    warnings: Warnings = []

    @property
    def key(self) -> JobKey:
        return JobKey(self.owner, self.id)


class Outcome(StrEnum):
    """How far a container got with a job. `not_mine`: another delivery of the same order holds it."""

    DRAWING = "drawing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"
    NOT_MINE = "not_mine"


class Manifest(_Private):
    """What the container made of an order: rewritten beside the pictures as they come, and its answer at the end."""

    outcome: Outcome
    images: list[Picture] = []
    extra_images: list[ExtraImage] = []
    warnings: Warnings = Field([], description="The order's own, and what came up while it was drawn.")
    error: str | None = None
