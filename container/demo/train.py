"""Train the demo model and what goes with it, each part once: what the folder already has is kept.

    python -m container.demo.train FOLDER

FOLDER/work holds the parts in training; the finished files stand beside it, one folder for each type of model.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from torch import Tensor, distributed, nn
from torch.multiprocessing.spawn import spawn
from transformers import CLIPTextConfig, CLIPTextModel

from container.architectures import Architecture
from container.controlnet.names import control_name
from container.demo import controlnet, files, inversion, lora, text, unet, vae
from container.demo.learning import DEVICE, rank
from container.demo.lessons import Lesson, prepare
from container.demo.pictures import TRAINED, prompts

_PROCESSES = 1 if DEVICE.type == "cuda" else 2  # of one thread each, which share a batch
_TINY = Architecture("tiny")


Tensors = dict[str, Tensor]
Model = TypeVar("Model", bound=nn.Module)


class Workshop:
    """The folder, with each part made on first use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def text_encoder(self) -> CLIPTextModel:
        return self._part("text", CLIPTextModel(CLIPTextConfig(**_TINY.config("text_encoder"))), text.train)

    def vae(self) -> AutoencoderKL:
        return self._part("vae", AutoencoderKL.from_config(_TINY.config("vae")), vae.train)

    def small_unet(self) -> UNet2DConditionModel:
        """It draws only at 64 pixels, where shapes cost the least to learn."""
        return self._part("small_unet", UNet2DConditionModel.from_config(_TINY.config("unet")), self._train_small_unet)

    def unet(self) -> UNet2DConditionModel:
        """After one round at all sizes. The networks are made for it."""
        return self._part("unet", UNet2DConditionModel.from_config(_TINY.config("unet")), self._train_unet)

    def last_unet(self) -> UNet2DConditionModel:
        """After a second round, for the checkpoint."""
        return self._part("last_unet", UNet2DConditionModel.from_config(_TINY.config("unet")), self._train_last_unet)

    def states(self) -> dict[str, Tensor]:
        return text.states(self.text_encoder(), prompts())

    @cached_property
    def lessons(self) -> list[Lesson]:
        """One of 64, one of 128 and one of 256 pixels."""
        sizes = ((64, 800, 16, 2), (128, 240, 4, 3), (256, 60, 1, 2))
        return [prepare(self.vae(), TRAINED, *size) for size in sizes]

    @cached_property
    def hollow_lessons(self) -> list[Lesson]:
        sizes = ((64, 600, 16, 3), (128, 150, 4, 3), (256, 30, 1, 1))
        return [prepare(self.vae(), [replace(scene, hollow=True) for scene in TRAINED], *size) for size in sizes]

    def _train_small_unet(self, model: UNet2DConditionModel) -> UNet2DConditionModel:
        lessons = [prepare(self.vae(), TRAINED, 64, 1200, batch=16)]
        return unet.train(model, self.states(), lessons, steps=1500, rate=2e-3)

    def _train_unet(self, model: UNet2DConditionModel) -> UNet2DConditionModel:
        model.load_state_dict(self.small_unet().state_dict())
        return unet.train(model, self.states(), self.lessons, steps=800, rate=1e-3)

    def _train_last_unet(self, model: UNet2DConditionModel) -> UNet2DConditionModel:
        model.load_state_dict(self.unet().state_dict())
        return unet.train(model, self.states(), self.lessons, steps=800, rate=1e-3)

    def _part(self, name: str, model: Model, train: Callable[[Model], Model]) -> Model:
        path = self._folder / "work" / f"{name}.pt"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            trained = train(model.to(DEVICE))
            if rank() == 0:
                torch.save(trained.state_dict(), path)
            distributed.barrier()
        model.load_state_dict(torch.load(path))
        return model.to(DEVICE).eval().requires_grad_(False)


def _train(number: int, folder: Path, meeting: str) -> None:
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=meeting, rank=number, world_size=_PROCESSES)
    workshop = Workshop(folder)
    for path, make in _FILES.items():
        if not (folder / path).exists():
            tensors = make(workshop)
            if rank() == 0:
                files.save(folder / path, tensors, lora.METADATA if make is _lora else None)
            distributed.barrier()


def _checkpoint(workshop: Workshop) -> Tensors:
    return files.checkpoint(workshop.last_unet(), workshop.vae(), workshop.text_encoder())


def _controlnet(workshop: Workshop) -> Tensors:
    model = controlnet.train(workshop.unet(), workshop.states(), workshop.lessons)
    return {f"control_model.{control_name(name)}": tensor for name, tensor in model.state_dict().items()}


def _lora(workshop: Workshop) -> Tensors:
    return lora.train(workshop.unet(), workshop.states(), workshop.hollow_lessons)


def _inversion(workshop: Workshop) -> Tensors:
    lesson = prepare(workshop.vae(), inversion.SCENES, 64, 300, batch=16)
    return {"emb_params": inversion.train(workshop.unet(), workshop.text_encoder(), workshop.states(), lesson)}


_FILES = {
    "controlnet/canny.safetensors": _controlnet,
    "lora/outlined.safetensors": _lora,
    "textual_inversion/midnight.safetensors": _inversion,
    "checkpoint/shapes.safetensors": _checkpoint,
}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m container.demo.train")
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    with TemporaryDirectory() as meeting:
        spawn(_train, (folder, f"file://{meeting}/meeting"), nprocs=_PROCESSES)  # type: ignore[no-untyped-call]
