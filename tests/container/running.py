"""Runs with pipelines that behave as a test wants, and what they leave behind."""

from collections.abc import Callable

from container.runs import Runs
from shared.shapes import Job, Manifest, Order
from tests.container.aws import Aws
from tests.container.fakes import FakePipeline


def runs(aws: Aws, pipeline: FakePipeline, let_go: Callable[[], bool] = lambda: False) -> Runs:
    return Runs(aws.jobs, aws.bucket, pipeline.gather, let_go)


def record(aws: Aws, order: Order) -> Job:
    found = aws.jobs.get(order.key)
    assert found
    return found


def manifest(aws: Aws, order: Order) -> Manifest:
    found = aws.bucket.manifest(order.key)
    assert found
    return found
