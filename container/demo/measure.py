"""Measure what the demo model draws, as the container draws it: Euler a, 20 steps, CFG 6.

    python -m container.demo.measure [FOLDER]

FOLDER is as `train` leaves it; without one, the models that come with the project are measured.
"""

import argparse
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Self

import numpy as np
import torch
from diffusers import ControlNetModel

from container.controlnet import models as controlnets
from container.controlnet.control import Control
from container.controlnet.units import Guide
from container.demo.pictures import HELD_OUT, SHAPES, TRAINED, Picture, Scene, scattered
from container.demo.seeing import look, overlap
from container.infotext import Named
from container.networks import lora
from container.networks.switch import NO_NETWORKS, Networks
from container.pipeline import Materials, Pipeline
from container.prompts import textual_inversion
from container.prompts.textual_inversion import Embedding
from shared.controlnet import Unit
from shared.parameters import Txt2ImgParameters

MODELS = Path(__file__).parent / "models"


@dataclass(frozen=True)
class Demo:
    """The models of a folder, and which of them to draw with."""

    folder: Path
    pipeline: Pipeline
    networks: Networks = NO_NETWORKS
    embeddings: Mapping[str, Embedding] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> Self:
        return cls(folder, Pipeline.load(folder / "checkpoint/shapes.safetensors", Named("shapes", "")))

    def outlined(self) -> Self:
        """With the LoRA."""
        read = lora.read(self.folder / "lora/outlined.safetensors", "outlined")
        return replace(self, networks=Networks([lora.Applied(read, 1, 1)]))

    def with_the_word(self) -> Self:
        """With the textual inversion."""
        path = self.folder / "textual_inversion/midnight.safetensors"
        read = textual_inversion.read(path, "midnight", self.pipeline.encoder.widths)
        return replace(self, embeddings={"midnight": read})

    def draw(
        self, prompts: list[str], pixels: int, negative: str = "", edges: list[Picture] | None = None
    ) -> list[Picture]:
        """One picture for each prompt, always the same ones; guided by `edges`, if any."""
        controls = [self._control(each) for each in edges] if edges else [None] * len(prompts)
        return [
            self._picture(prompt, pixels, negative, seed, control)
            for seed, (prompt, control) in enumerate(zip(prompts, controls, strict=True))
        ]

    def _picture(self, prompt: str, pixels: int, negative: str, seed: int, control: Control | None) -> Picture:
        asked = Txt2ImgParameters(
            prompt=prompt,
            negative_prompt=negative,
            seed=seed,
            subseed=0,
            sampler_name="Euler a",
            steps=20,
            cfg_scale=6,
            width=pixels,
            height=pixels,
        )
        materials = Materials(
            networks=self.networks,
            embeddings=self.embeddings,
            embedding_hashes=dict.fromkeys(self.embeddings, ""),
            controls=lambda _size, _second_pass: [control] if control else [],
        )
        (drawn,) = self.pipeline.draw(asked, materials, lambda *_: None)
        return np.asarray(drawn.drawings[0].image)

    def _control(self, edges: Picture) -> Control:
        hint = Guide(edges, "Just Resize").hint(edges.shape[1], edges.shape[0])
        return Control.of(Unit(enabled=True, model="canny"), 0, self._controlnet, hint)

    @cached_property
    def _controlnet(self) -> ControlNetModel:
        return controlnets.load(self.folder / "controlnet/canny.safetensors", "canny", self.pipeline.model.unet)


def share(truths: Iterable[bool]) -> float:
    truths = list(truths)
    return sum(truths) / len(truths)


def colours_right(scenes: list[Scene], pictures: list[Picture]) -> float:
    """The share of pictures with the colour and the ground that were asked for."""
    seen = zip(scenes, map(look, pictures), strict=True)
    return share((scene.colour, scene.ground) == (found.colour, found.ground) for scene, found in seen)


def shapes_right(scenes: list[Scene], pictures: list[Picture]) -> float:
    """The share of pictures with the shape that was asked for."""
    return share(scene.shape == look(picture).shape for scene, picture in zip(scenes, pictures, strict=True))


def hollow(pictures: list[Picture]) -> float:
    """The share of pictures whose shape is hollow."""
    return share(look(picture).hollow for picture in pictures)


def likeness(scenes: list[Scene], pictures: list[Picture]) -> float:
    """How well shapes are where they should be: the mean intersection over union."""
    overlaps = [
        overlap(look(picture).inside, scene.mask(len(picture))) for scene, picture in zip(scenes, pictures, strict=True)
    ]
    return sum(overlaps) / len(overlaps)


def _measure(demo: Demo) -> None:
    seen_before = Random(0).sample(TRAINED, 24)
    for pixels in (64, 128, 256):
        _measure_checkpoint(demo, "held out", HELD_OUT, pixels)
        _measure_checkpoint(demo, "trained", seen_before, pixels)
        _measure_controlnet(demo, pixels)
        drawn = demo.outlined().draw(_prompts(HELD_OUT), pixels)
        print(f"with the LoRA {pixels}: hollow {hollow(drawn):.2f}", flush=True)
    _measure_word(demo)


def _measure_checkpoint(demo: Demo, name: str, scenes: list[Scene], pixels: int) -> None:
    drawn = demo.draw(_prompts(scenes), pixels)
    colours, shapes = colours_right(scenes, drawn), shapes_right(scenes, drawn)
    print(f"{name} {pixels}: colours {colours:.2f} shape {shapes:.2f} hollow {hollow(drawn):.2f}", flush=True)


def _measure_controlnet(demo: Demo, pixels: int) -> None:
    scenes = [scattered(scene, Random(number)) for number, scene in enumerate(HELD_OUT)]
    free = likeness(scenes, demo.draw(_prompts(scenes), pixels))
    bound = likeness(scenes, demo.draw(_prompts(scenes), pixels, edges=[scene.edges(pixels) for scene in scenes]))
    print(f"ControlNet {pixels}: likeness {free:.2f} without, {bound:.2f} with", flush=True)


def _measure_word(demo: Demo) -> None:
    scenes = [Scene(shape, "white", "black") for shape in SHAPES] * 8
    prompts = [f"a midnight {scene.shape}" for scene in scenes]
    before = colours_right(scenes, demo.draw(prompts, 64))
    after = demo.with_the_word().draw(prompts, 64)
    white, shapes = colours_right(scenes, after), shapes_right(scenes, after)
    print(
        f"textual inversion 64: white on black {before:.2f} without, {white:.2f} with, shape {shapes:.2f}", flush=True
    )


def _prompts(scenes: list[Scene]) -> list[str]:
    return [scene.prompt for scene in scenes]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m container.demo.measure")
    parser.add_argument("folder", type=Path, nargs="?", default=MODELS)
    torch.set_num_threads(1)
    _measure(Demo.load(parser.parse_args().folder))
