"""Endpoints, models and jobs to test with."""

from datetime import timedelta
from typing import Any

from uuid6 import uuid7

from shared.cloud import Cloud
from shared.keys import owner_of
from shared.parameters import Parameters
from shared.shapes import Endpoint, Job, Manifest, Model, ModelType, Outcome, Picture, Status, now
from tests.unit.api import ALICE

ORDER: dict[str, Any] = {
    "task": "txt2img",
    "endpoint": "goc-dev-one",
    "checkpoint": "tiny",
    "parameters": {"prompt": "a cute dog", "steps": 20},
}


def add_endpoint(aws: Cloud, name: str = "goc-dev-one", status: str = "InService", age: int = 0) -> None:
    created = now() - timedelta(days=age)
    aws.endpoints.save(Endpoint(name=name, status=status, created_at=created, updated_at=created))


def add_model(aws: Cloud, name: str = "tiny", type: ModelType = ModelType.CHECKPOINT) -> None:
    key = f"models/{type}/{name}.safetensors"
    aws.models.save(Model(type=type, name=name, key=key, size=1000, etag="e1", updated_at=now()))


def add_job(aws: Cloud, owner: str = owner_of(ALICE), deadline: timedelta = timedelta(hours=1)) -> Job:
    job = Job(
        owner=owner,
        id=str(uuid7()),
        task="txt2img",
        status=Status.QUEUED,
        endpoint="goc-dev-one",
        checkpoint="tiny",
        created_at=now(),
        deadline=now() + deadline,
        parameters=Parameters(prompt="a cute dog"),
    )
    aws.jobs.add(job, keep=timedelta(days=30))
    return job


def drawn(pictures: int = 1, infotext: str = "a cute dog\nSteps: 20", **changes: Any) -> Manifest:
    images = [
        Picture(file=f"{number:03}-{number}.png", seed=number, width=64, height=64, infotext=infotext)
        for number in range(pictures)
    ]
    return Manifest(**{"outcome": Outcome.SUCCEEDED, "images": images} | changes)
