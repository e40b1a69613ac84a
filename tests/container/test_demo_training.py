"""The script that makes the demo model, from nothing to its files, in one step for each part."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import pytest
import torch
from diffusers import AutoencoderKL
from safetensors import safe_open
from torch import Tensor, distributed, nn

from container.demo import controlnet, inversion, lora, text, train, unet, vae
from container.demo.learning import learn
from container.demo.lessons import Lesson, prepare
from container.demo.measure import MODELS
from container.demo.pictures import Scene


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the script has run, each part learning for one step, from a few pictures."""

    def briefly(
        name: str, weights: Iterable[nn.Parameter], loss: Callable[[int], Tensor], steps: int, rate: float
    ) -> None:
        learn(name, weights, loss, 1, rate)

    def few(vae: AutoencoderKL, kinds: Sequence[Scene], pixels: int, count: int, batch: int, turns: int = 1) -> Lesson:
        return prepare(vae, kinds, pixels, 3, 2, turns)

    for part in (controlnet, inversion, lora, text, unet, vae):
        monkeypatch.setattr(part, "learn", briefly)
    monkeypatch.setattr(train, "prepare", few)
    monkeypatch.setattr(train, "_PROCESSES", 1)
    threads = torch.get_num_threads()
    train._train(0, tmp_path, f"file://{tmp_path}/meeting")
    yield tmp_path
    distributed.destroy_process_group()
    torch.set_num_threads(threads)


def test_it_makes_the_files_that_come_with_the_project(folder: Path) -> None:
    for known in MODELS.rglob("*.safetensors"):
        assert shapes(folder / known.relative_to(MODELS)) == shapes(known)


def shapes(path: Path) -> dict[str, list[int]]:
    with safe_open(path, "pt") as file:
        return {name: file.get_slice(name).get_shape() for name in file.keys()}  # noqa: SIM118
