"""The functions over an AWS played in memory, as in the unit tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from aws_cdk.assertions import Template

from shared.cloud import Cloud
from shared.log import logger
from tests.unit.aws import opened, tables
from tests.unit.sagemaker import FakeSageMaker


class Played(NamedTuple):
    aws: Cloud
    sagemaker: FakeSageMaker


@contextmanager
def played(template: Template) -> Iterator[Played]:
    """An AWS with the stack's own tables, empty."""
    logger.setLevel("ERROR")  # the functions' log lines would break up the table
    with FakeSageMaker.serving() as sagemaker, opened(sagemaker) as cloud, tables(cloud, template):
        yield Played(cloud, sagemaker)
