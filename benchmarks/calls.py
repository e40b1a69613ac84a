"""How many AWS calls each request makes: through the functions' own handlers, counted where botocore makes them."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from functools import partial
from io import BytesIO, StringIO
from typing import Any

from aws_cdk.assertions import Template
from PIL import Image

from benchmarks.aws import played
from benchmarks.figures import Figure
from shared.shapes import ModelType
from tests.unit.api import Answer, Api
from tests.unit.calls import AwsCalls, counted
from tests.unit.notices import deliver, success
from tests.unit.things import ORDER, add_endpoint, add_job, add_model, drawn


def measure(template: Template) -> Iterator[Figure]:
    with played(template) as aws:
        add_endpoint(aws)
        add_model(aws)
        add_model(aws, "lineart", ModelType.CONTROLNET)
        api, job = Api(), add_job(aws)
        yield _of("calls.submit", partial(api.post, "/jobs", ORDER))
        yield _of("calls.submit_control", partial(api.post, "/jobs", _with_a_control_picture()))
        with _quietly_counted() as calls:
            failed = deliver(success(job.key, drawn()))
        yield Figure("calls.settle", None, "the notice failed") if failed else _counted("calls.settle", calls)
        yield _of("calls.get", partial(api.get, f"/jobs/{job.id}"))
        yield _of("calls.list", partial(api.get, "/jobs"))
        yield _of("calls.models", partial(api.get, "/models"))
        yield _of("calls.endpoints", partial(api.get, "/endpoints"))


def _of(name: str, request: Callable[[], Answer]) -> Figure:
    with _quietly_counted() as calls:
        answer = request()
    if answer.status >= 400:
        return Figure(name, None, f"answered {answer.status}: {answer.body['detail']}")
    if warnings := answer.body.get("warnings"):  # the order was taken without a part of it
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
