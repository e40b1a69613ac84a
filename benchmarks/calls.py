"""How many AWS calls each request makes: through the functions' own handlers, counted where botocore makes them."""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from functools import partial
from io import BytesIO, StringIO
from typing import Any

import boto3
from aws_cdk.assertions import Template
from PIL import Image

from benchmarks.aws import played
from benchmarks.figures import Figure
from lambdas.endpoints.changed import handler as endpoint_changed
from shared.cloud import Cloud
from shared.shapes import ModelType
from tests.conftest import EVENTS
from tests.model_files import CHECKPOINT, safetensors
from tests.unit import bucket
from tests.unit.api import Answer, Api
from tests.unit.calls import AwsCalls, counted
from tests.unit.notices import CONTEXT, deliver, success
from tests.unit.sagemaker import FakeSageMaker
from tests.unit.things import ORDER, add_endpoint, add_job, add_model, drawn


def measure(template: Template) -> Iterator[Figure]:
    with played(template) as (aws, _):
        yield from _jobs(Api(), aws)
    with played(template) as (aws, _):
        yield from _models(Api(), aws)
    with played(template) as (_, sagemaker):
        yield from _endpoints(Api(), sagemaker)


def _jobs(api: Api, aws: Cloud) -> Iterator[Figure]:
    add_endpoint(aws)
    add_model(aws)
    add_model(aws, "lineart", ModelType.CONTROLNET)
    job = add_job(aws)
    yield _of("calls.submit", partial(api.post, "/jobs", ORDER))
    yield _of("calls.submit_control", partial(api.post, "/jobs", _with_a_control_picture()))
    with _quietly_counted() as calls:
        failed = deliver(success(job.key, drawn()))
    yield Figure("calls.settle", None, "the notice failed") if failed else _counted("calls.settle", calls)
    yield _of("calls.get", partial(api.get, f"/jobs/{job.id}"))
    yield _of("calls.list", partial(api.get, "/jobs"))
    yield _of("calls.models", partial(api.get, "/models"))
    yield _of("calls.endpoints", partial(api.get, "/endpoints"))


def _models(api: Api, aws: Cloud) -> Iterator[Figure]:
    """With one endpoint, for which no job is waiting: deleting a model asks all endpoints."""
    add_endpoint(aws)
    content = safetensors(CHECKPOINT)
    upload = {"type": "checkpoint", "name": "tiny.safetensors", "size": len(content)}
    place, key = "/models/checkpoint/tiny", "models/checkpoint/tiny.safetensors"
    yield _of("calls.upload", partial(api.post, "/models", upload))
    yield _of("calls.upload_again", partial(api.post, "/models", upload))
    _send(content, aws)
    yield _of("calls.complete", partial(api.post, f"{place}/complete"))
    with _quietly_counted() as calls:
        bucket.tell(key)
    state = api.get(place).body["state"]
    yield _counted("calls.check", calls) if state == "active" else Figure("calls.check", None, f"it is {state}")
    yield _of("calls.delete", partial(api.delete, place))
    yield _of("calls.picture", partial(api.post, "/uploads", {"content_type": "image/png", "size": 1000}))


def _endpoints(api: Api, sagemaker: FakeSageMaker) -> Iterator[Figure]:
    """One endpoint, from its order to its end."""
    name = "goc-dev-one"
    yield _of("calls.create", partial(api.post, "/endpoints", {"name": name, "instance_type": "ml.g5.xlarge"}))
    sagemaker.become(name, "InService")
    yield _told("calls.in_service", name)
    sagemaker.become(name, "Updating", instances=0, desired=1)
    yield _told("calls.event", name)
    yield _of("calls.endpoint", partial(api.get, f"/endpoints/{name}"))
    yield _of("calls.rescale", partial(api.patch, f"/endpoints/{name}", {"max_instances": 2}))
    yield _of("calls.remove", partial(api.delete, f"/endpoints/{name}"))
    del sagemaker.endpoints[name]
    yield _told("calls.gone", name)


def _told(name: str, endpoint: str) -> Figure:
    """What SageMaker's event about an endpoint takes."""
    event = json.loads((EVENTS / "endpoint-state-change.json").read_text())
    event["detail"]["EndpointName"] = endpoint
    with _quietly_counted() as calls:
        endpoint_changed(event, CONTEXT)
    return _counted(name, calls)


def _of(name: str, request: Callable[[], Answer]) -> Figure:
    with _quietly_counted() as calls:
        answer = request()
    if answer.status >= 400:
        return Figure(name, None, f"answered {answer.status}: {answer.body['detail']}")
    if warnings := (answer.body or {}).get("warnings"):  # a part of the order was left out
        return Figure(name, None, " ".join(warnings))
    return _counted(name, calls)


def _counted(name: str, calls: AwsCalls) -> Figure:
    return Figure(name, len(calls), ", ".join(calls))


@contextmanager
def _quietly_counted() -> Iterator[AwsCalls]:
    with counted() as calls, redirect_stdout(StringIO()):  # where functions write their metrics
        yield calls


def _with_a_control_picture() -> dict[str, Any]:
    file = BytesIO()
    Image.new("RGB", (64, 64)).save(file, "png")
    unit = {"enabled": True, "module": "none", "model": "lineart", "image": b64encode(file.getvalue()).decode()}
    control = {"alwayson_scripts": {"controlnet": {"args": [unit]}}}
    return ORDER | {"parameters": ORDER["parameters"] | control}


def _send(content: bytes, aws: Cloud) -> None:
    """Upload the only part, as if by its link."""
    begun = aws.models.get(ModelType.CHECKPOINT, "tiny")
    assert begun
    assert begun.upload
    assert begun.upload.id
    boto3.client("s3").upload_part(
        Bucket="bucket", Key=begun.upload.key, UploadId=begun.upload.id, PartNumber=1, Body=content
    )
