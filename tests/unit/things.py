"""Endpoints, models and jobs to test with."""

from base64 import b64encode
from datetime import timedelta
from io import BytesIO
from typing import Any

from PIL import Image

from shared.cloud import Cloud
from shared.keys import owner_of
from shared.parameters import Txt2ImgParameters
from shared.shapes import Job, Manifest, ModelType, Outcome, Picture, now
from shared.tables.endpoints import StoredEndpoint
from shared.tables.models import StoredModel
from tests.jobs import queued
from tests.unit.api import ALICE

ORDER: dict[str, Any] = {
    "task": "txt2img",
    "endpoint": "goc-dev-one",
    "checkpoint": "tiny",
    "parameters": {"prompt": "a cute dog", "steps": 20},
}


def add_endpoint(
    aws: Cloud, name: str = "goc-dev-one", status: str = "InService", age: int = 0, **fields: Any
) -> StoredEndpoint:
    created = now() - timedelta(days=age)
    about = {"name": name, "status": status, "created_at": created, "updated_at": created} | fields
    aws.endpoints.write(StoredEndpoint(**about), aws.endpoints.get(name))
    stored = aws.endpoints.get(name)
    assert stored
    return stored


def add_model(aws: Cloud, name: str = "tiny", type: ModelType = ModelType.CHECKPOINT, **fields: Any) -> None:
    about = {"key": f"models/{type}/{name}.safetensors", "size": 1000, "etag": "e1", "updated_at": now()}
    aws.models.write(StoredModel(**{"type": type, "name": name} | about | fields), seen=None)


def add_job(aws: Cloud, owner: str = owner_of(ALICE), deadline: timedelta = timedelta(hours=1), **fields: Any) -> Job:
    job = queued(owner, Txt2ImgParameters(prompt="a cute dog"), deadline).model_copy(update=fields)
    aws.jobs.add(job, keep=timedelta(days=30))
    return job


def drawn(pictures: int = 1, infotext: str = "a cute dog\nSteps: 20", **changes: Any) -> Manifest:
    images = [
        Picture(file=f"{number:03}-{number}.png", seed=number, width=64, height=64, infotext=infotext)
        for number in range(pictures)
    ]
    return Manifest(**{"outcome": Outcome.SUCCEEDED, "images": images} | changes)


def picture(format: str = "PNG", width: int = 64, height: int = 32) -> str:
    """A picture in base64."""
    file = BytesIO()
    Image.new("RGB", (width, height)).save(file, format)
    return b64encode(file.getvalue()).decode()
