"""What the API answers, as far as this client reads it; docs/api.md says what each means."""

from datetime import datetime

from pydantic import BaseModel


class Endpoint(BaseModel):
    name: str
    status: str
    reason: str | None = None
    created_at: datetime


class Model(BaseModel):
    """`state` is `uploading`, `checking`, `active`, or `failed` for the `reason` given."""

    type: str
    name: str
    size: int
    state: str = "active"
    reason: str | None = None
    base: str | None = None


class NewModel(BaseModel):
    """A file to be uploaded. `size` in bytes; `sha256` in hexadecimal digits."""

    type: str
    name: str
    size: int
    sha256: str | None = None
    replace: bool = False


class Part(BaseModel):
    """One that is missing. Parts are counted from 1; `url` is a presigned link to PUT its `size` bytes to."""

    number: int
    url: str
    size: int


class Upload(BaseModel):
    """`parts` are the first of those missing, by number; none is missing where it is empty."""

    part_size: int
    part_count: int
    parts: list[Part]


class Begun(BaseModel):
    model: Model
    upload: Upload


class Picture(BaseModel):
    file: str
    url: str


class JobSummary(BaseModel):
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
    warnings: list[str] = []
    images: list[Picture] = []
    extra_images: list[Picture] = []
    error: str | None = None
