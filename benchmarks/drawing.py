"""Pictures per second: orders through the container, against a bare diffusers loop over the same checkpoint.

The container's time is the whole of an order's: claim, drawing, PNG, storing, manifest. The bare loop makes a PNG too.
One thread draws and AWS is in the process, so that nothing waits and the seconds can be the processor's.
"""

import time
from collections.abc import Iterator
from functools import partial
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import boto3
import torch
from aws_cdk.assertions import Template
from diffusers import EulerAncestralDiscreteScheduler, StableDiffusionPipeline

from benchmarks import pairs
from benchmarks.aws import played
from benchmarks.figures import Figure
from container import random_weights
from container.architectures import Architecture
from container.checkpoints import Checkpoints
from container.pipeline import Pipeline
from container.runs import Runs
from container.tokenizer import tokenizer
from shared.parameters import Parameters
from shared.shapes import Model, Outcome
from tests.container.aws import Aws

ARCHITECTURE = Architecture("tiny")
PARAMETERS = Parameters(prompt="a lighthouse at night", sampler_name="Euler a", steps=20, width=256, height=256, seed=1)
PAIRS = 6


class _Loaded(Checkpoints):
    """One checkpoint, in memory already."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    def load(self, _: Model) -> Pipeline:
        return self._pipeline


def measure(template: Template) -> Iterator[Figure]:
    torch.set_num_threads(1)  # threads would contend for what else runs here
    with TemporaryDirectory() as folder, played(template) as cloud:
        file = Path(folder, "tiny.safetensors")
        random_weights.write(ARCHITECTURE, file)
        container = Runs(cloud.jobs, cloud.bucket, _Loaded(Pipeline.load(file, "tiny", "")))
        aws = Aws(cloud.jobs, cloud.bucket, boto3.client("s3"))
        ours, bare = partial(_with_the_container, container, aws), partial(_with_diffusers, _bare(file))
        compared = pairs.compare(ours, bare, PAIRS)
    yield Figure(
        "container.ratio", 1 / compared.ratio, f"a picture in {compared.ours:.2f} s, bare {compared.theirs:.2f} s"
    )


def _with_the_container(runs: Runs, aws: Aws, _pair: int) -> float:
    order = aws.order(**PARAMETERS.model_dump())
    start = time.process_time()
    manifest = runs.run(order)
    seconds = time.process_time() - start
    assert manifest.outcome is Outcome.SUCCEEDED
    return seconds


def _bare(checkpoint: Path) -> StableDiffusionPipeline:
    loaded = StableDiffusionPipeline.from_single_file(
        str(checkpoint),
        config=str(ARCHITECTURE.folder),
        local_files_only=True,
        tokenizer=tokenizer(ARCHITECTURE.vocabulary_size),
    )
    loaded.scheduler = EulerAncestralDiscreteScheduler.from_config(loaded.scheduler.config)
    loaded.set_progress_bar_config(disable=True)
    return loaded


def _with_diffusers(bare: StableDiffusionPipeline, _pair: int) -> float:
    start = time.process_time()
    drawn = bare(
        PARAMETERS.prompt,
        width=PARAMETERS.width,
        height=PARAMETERS.height,
        num_inference_steps=PARAMETERS.steps,
        guidance_scale=PARAMETERS.cfg_scale,
        generator=torch.Generator().manual_seed(PARAMETERS.seed),
    )
    drawn.images[0].save(BytesIO(), "png")
    return time.process_time() - start
