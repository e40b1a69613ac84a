"""Pictures per second on a GPU, with random weights in half precision: whole orders, against the bare diffusers loop.

    python -m benchmarks.gpu

"as loaded" is how the container draws: convolutions channels-last, attention by SDPA. Each other way changes one thing
about the UNet, for both. What a batch of 4 or 8 gains over 1 is what drawing equal orders together would gain.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

import boto3
import torch
from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from uuid6 import uuid7

from benchmarks import canned, pairs
from benchmarks.endpoint.bare import Bare
from container import random_weights
from container.architectures import Architecture
from container.infotext import Named
from container.pipeline import Materials, Pipeline, TooLarge
from container.runs import Runs
from shared.bucket import Bucket
from shared.parameters import Txt2ImgParameters
from shared.shapes import Model, ModelType, Order, Outcome, now
from shared.tables.jobs import Jobs

SIDES = {"stable_diffusion_1": 512, "stable_diffusion_xl": 1024}
BATCHES = (1, 4, 8)
STEPS = 20
PAIRS = 3

HEADER = f"{'':<20}{'':<14}{'batch':>5}{'container':>11}{'bare':>8}{'ratio':>7}{'GB':>7}"
CHECKPOINT = Model(type=ModelType.CHECKPOINT, name="random", key="", size=1, etag="", updated_at=now())


@contextmanager
def _contiguous(unet: UNet2DConditionModel) -> Iterator[None]:
    unet.to(memory_format=torch.contiguous_format)
    yield
    unet.to(memory_format=torch.channels_last)


@contextmanager
def _without_sdpa(unet: UNet2DConditionModel) -> Iterator[None]:
    kept = unet.attn_processors
    unet.set_attn_processor(AttnProcessor())
    yield
    unet.set_attn_processor(kept)


@contextmanager
def _compiled(unet: UNet2DConditionModel) -> Iterator[None]:
    unet.compile()
    yield  # it stays compiled: this is the last way


WAYS: dict[str, Callable[[UNet2DConditionModel], AbstractContextManager[None]]] = {
    "as loaded": nullcontext,
    "contiguous": _contiguous,
    "without SDPA": _without_sdpa,
    "compiled": _compiled,
}


def measure(pipeline: Pipeline, side: int, batches: Sequence[int], steps: int) -> Iterator[str]:
    """The table's lines for one checkpoint."""
    bare = Bare(pipeline.model)
    with canned.serving(canned.job()) as url:
        runs = _runs(pipeline, url)
        for way, changed in WAYS.items():
            with changed(pipeline.model.unet):
                for batch in batches:
                    asked = Txt2ImgParameters(
                        prompt="a lighthouse at night",
                        sampler_name="Euler a",
                        steps=steps,
                        width=side,
                        height=side,
                        seed=1,
                        batch_size=batch,
                    )
                    yield f"{pipeline.named.name:<20}{way:<14}{batch:>5}{_compared(runs, bare, asked)}"


def _runs(pipeline: Pipeline, url: str) -> Runs:
    session = boto3.Session("test", "test", region_name="us-east-1")
    jobs, bucket = Jobs(session.client("dynamodb", endpoint_url=url), "jobs"), session.client("s3", endpoint_url=url)
    return Runs(jobs, Bucket(bucket, "bucket"), lambda *_: (pipeline, Materials()), lambda: False)


def _compared(runs: Runs, bare: Bare, asked: Txt2ImgParameters) -> str:
    def container() -> None:
        order = Order(owner="alice", id=str(uuid7()), checkpoint=CHECKPOINT, parameters=asked)
        assert runs.run(order).outcome is Outcome.SUCCEEDED

    torch.cuda.reset_peak_memory_stats()
    try:
        compared = pairs.compare(_timed(container), _timed(lambda: bare.draw(asked)), PAIRS)
    except (TooLarge, torch.OutOfMemoryError):
        return "  too large for this GPU"
    ours, theirs = asked.batch_size / compared.ours, asked.batch_size / compared.theirs
    peak = torch.cuda.max_memory_allocated() / 1e9
    return f"{ours:>11.3f}{theirs:>8.3f}{1 / compared.ratio:>7.3f}{peak:>7.1f}"


def _timed(draw: Callable[[], None]) -> pairs.Timed:
    """In wall-clock seconds: PNGs are made when a drawing is over, so nothing of it is still running on the GPU."""

    def seconds(_pair: int) -> float:
        start = time.monotonic()
        draw()
        return time.monotonic() - start

    return seconds


def main() -> None:
    if not torch.cuda.is_available():
        raise SystemExit("There is no GPU here (torch.cuda.is_available() is False): nothing was measured.")
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}; pictures a second in {STEPS} steps\n{HEADER}")
    for name, side in SIDES.items():
        with TemporaryDirectory() as folder:
            file = Path(folder, "weights.safetensors")
            random_weights.write(Architecture(name), file)
            pipeline = Pipeline.load(file, Named(name, ""))
        for line in measure(pipeline, side, BATCHES, STEPS):
            print(line, flush=True)


if __name__ == "__main__":
    main()
