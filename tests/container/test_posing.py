"""A person's picture becomes a pose by an uploaded detector, and the pose guides a drawing."""

from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from container.architectures import Architecture
from container.controlnet import poses
from container.controlnet.openpose import Detector
from container.controlnet.poses import Person, Point
from container.files import Files
from container.gathering import gather
from container.memory import Memory, NoMemory
from container.models import Models
from container.runs import Runs
from shared.shapes import ExtraImage, Model, ModelType, Order, Outcome
from tests.container import markers
from tests.container.aws import Aws, upload
from tests.container.controlnets import as_ldm, controlnet, save, standing, unet
from tests.container.drawing import Pixels, difference
from tests.container.library import PLENTY, units

SIDE = 256


@pytest.fixture
def shelf(aws: Aws, checkpoint: Path, tmp_path: Path) -> list[Model]:
    """In the bucket: a checkpoint, a detector and the ControlNet "openpose"."""
    guide = as_ldm(controlnet(unet(Architecture("tiny"))))
    return [
        upload(aws.s3, ModelType.CHECKPOINT, checkpoint),
        upload(aws.s3, ModelType.DETECTOR, markers.write(tmp_path / "body_pose_model.pth")),
        upload(aws.s3, ModelType.CONTROLNET, save(guide, tmp_path / "openpose.safetensors")),
    ]


@pytest.fixture
def runs(aws: Aws, tmp_path: Path) -> Runs:
    models = Models(Files(aws.s3, "bucket", tmp_path / "disk", PLENTY), Memory(PLENTY))
    gathered = partial(gather, models=models, bucket=aws.bucket, note=lambda _: None)
    return Runs(aws.jobs, aws.bucket, gathered, lambda: False)


def test_a_persons_picture_guides_a_drawing_by_the_pose_that_an_uploaded_detector_sees(
    aws: Aws, shelf: list[Model], runs: Runs
) -> None:
    free, unit = order(aws, shelf), {"model": "openpose", "module": "openpose", "image": "person.png"}
    guided = order(aws, shelf, **units(unit))
    put(aws, guided, "person.png", Image.fromarray(markers.marked(standing(-40), SIDE, SIDE)))
    runs.run(free)
    manifest = runs.run(guided)
    assert manifest.extra_images == [
        ExtraImage(kind="control_map", file="control_map-0.png", width=SIDE, height=SIDE, unit=0)
    ]
    shown = output(aws, guided, "control_map-0.png")
    assert alike(shown, pose(standing(-40))) > 0.8
    assert alike(shown, pose(standing(40))) < 0.2
    assert difference(output(aws, guided, "000-7.png"), output(aws, free, "000-7.png")) > 1


def order(aws: Aws, shelf: list[Model], **parameters: Any) -> Order:
    plain = aws.order(prompt="a cute dog", width=SIDE, height=SIDE, steps=2, seed=7, **parameters)
    return plain.model_copy(update={"checkpoint": shelf[0], "networks": shelf[1:]})


def put(aws: Aws, order: Order, name: str, picture: Image.Image) -> None:
    file = BytesIO()
    picture.save(file, "png")
    aws.bucket.put(f"{order.key.folder}/inputs/{name}", file.getvalue(), "image/png")


def output(aws: Aws, order: Order, name: str) -> Pixels:
    with Image.open(BytesIO(aws.bucket.get(order.key.output(name)) or b"")) as image:
        return np.asarray(image, np.int64)


def pose(person: Person) -> Pixels:
    """The pose as drawn at the preprocessor's resolution, twice the picture's, and reduced."""
    large = poses.draw([[joint and Point(2 * joint.x, 2 * joint.y) for joint in person]], 2 * SIDE, 2 * SIDE)
    return np.asarray(Image.fromarray(large).resize((SIDE, SIDE), Image.Resampling.BOX), np.int64)


def alike(first: Pixels, second: Pixels) -> float:
    """1 where both are the same."""
    return float(np.corrcoef(first.ravel(), second.ravel())[0, 1])


def test_a_detector_stays_in_memory_for_the_next_order(
    aws: Aws, shelf: list[Model], runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Detector, "people", lambda *_: [standing()])
    unit = {"model": "openpose", "module": "openpose", "image": "person.png"}
    orders = [order(aws, shelf, **units(unit)) for _ in range(2)]
    for each in orders:
        put(aws, each, "person.png", Image.new("RGB", (64, 64)))
    runs.run(orders[0])
    monkeypatch.delattr(Files, "fetch")
    assert runs.run(orders[1]).outcome is Outcome.SUCCEEDED


def test_a_picture_too_large_for_the_detector_says_so(
    aws: Aws, shelf: list[Model], runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    guided = order(aws, shelf, **units({"model": "openpose", "module": "openpose", "image": "person.png"}))
    put(aws, guided, "person.png", Image.new("RGB", (SIDE, SIDE)))
    monkeypatch.setattr(Detector, "people", lambda *_: torch.empty(2**55))
    with pytest.raises(NoMemory, match=r"too small to find people in a picture of this size\. Send a smaller one"):
        runs.run(guided)
