"""An order, as `POST /jobs` takes it."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from shared.known_fields import KnownFields, refused
from shared.parameters import Text
from shared.shapes import ExtraNetworks, ModelType, Task
from shared.webui import Img2Img, Txt2Img

MOST_NETWORKS = 50
MOST_NAME_BYTES = 2_000  # of all those names together: a job's record holds them

_BODIES: Mapping[Task, type[Txt2Img] | type[Img2Img]] = {Task.TXT2IMG: Txt2Img, Task.IMG2IMG: Img2Img}


class OrderedNetworks(KnownFields, ExtraNetworks):
    """Models beside the checkpoint, by type and name, as GET /models names them."""

    __pydantic_extra__: dict[
        Annotated[str, refused("There is no such type of extra network.", lambda: OrderedNetworks)], Any
    ]

    @property
    def listed(self) -> Iterator[tuple[str, ModelType, str]]:
        """Each one's field, type and name."""
        for type in map(ModelType, ExtraNetworks.model_fields):
            for place, name in enumerate(getattr(self, type)):
                yield f"extra_networks.{type}.{place}", type, name

    @model_validator(mode="after")
    def _stay_within_bounds(self) -> Self:
        names = [name for _, _, name in self.listed]
        if len(names) > MOST_NETWORKS or len("".join(names).encode()) > MOST_NAME_BYTES:
            raise ValueError(f"At most {MOST_NETWORKS} names in all, together of at most {MOST_NAME_BYTES} bytes.")
        return self


class SubmitJob(KnownFields):
    """An order for pictures."""

    __pydantic_extra__: dict[Annotated[str, refused("An order has no such field.", lambda: SubmitJob)], Any]

    task: Task
    endpoint: Text = Field(min_length=1, max_length=63, description="An endpoint that is InService.")
    checkpoint: Text = Field(min_length=1, max_length=200, description="A checkpoint, as GET /models names it.")
    extra_networks: OrderedNetworks = OrderedNetworks()
    parameters: Txt2Img | Img2Img = Field(
        {}, validate_default=True, description="The body that the WebUI's own route of the task takes."
    )
    preview: bool = Field(False, description="Show what the picture looks like while it is drawn.")
    deadline_seconds: int | None = Field(
        None, ge=60, description="How long the job may take until its last picture; after that it fails."
    )

    @field_validator("parameters", mode="before")
    @classmethod
    def _as_their_task_has_them(cls, body: Any, order: ValidationInfo) -> Txt2Img | Img2Img:
        """Not by a union's tag: that would become part of the name of every refused field."""
        task = order.data.get("task")
        return _BODIES[task].model_validate(body) if task else Txt2Img()  # so that only the unknown task is refused

    @property
    def fingerprint(self) -> str:
        """The same for orders that ask for the same."""
        # Not pydantic's JSON: it fails on half a character, which a field that is not honoured may hold.
        return hashlib.sha256(json.dumps(self.model_dump()).encode()).hexdigest()
