"""Scenes to learn from, with the latents that stand for them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Self

import torch
from diffusers import AutoencoderKL
from torch import Tensor

from container.demo.learning import DEVICE, rank
from container.demo.pictures import COLOURS, SHAPES, Scene, scattered, template
from container.demo.vae import latents_of


@dataclass(frozen=True)
class Batch:
    """Scenes with their latents, and what the text encoder makes of the prompts, `words` (scene, 77, 32).

    `fits` (scene, other) says which of the latents in `others` the prompt would fit as well.
    """

    scenes: list[Scene]
    latents: Tensor
    words: Tensor
    others: Tensor
    fits: Tensor

    def placed(self) -> Self:
        """The same if more than the prompt is known: only the scene itself fits."""
        return replace(self, others=self.latents, fits=torch.eye(len(self.latents), dtype=torch.bool, device=DEVICE))

    def expected(self, noisy: Tensor, signal: Tensor) -> Tensor:
        """The mean of all latents that fit, weighted by how likely each is to be behind the noise."""
        others, share = self.others.flatten(1), signal.flatten(1)
        nearness = share.sqrt() * noisy.flatten(1) @ others.T - share * others.square().sum(1) / 2
        likelihood = (nearness / (1 - share)).masked_fill(~self.fits, -torch.inf).softmax(1)
        return (likelihood @ others).view_as(noisy)


@dataclass(frozen=True)
class Lesson:
    """Scenes of one size, their latents, how many make a batch, and how often it has its turn among others."""

    scenes: list[Scene]
    latents: Tensor
    batch: int
    turns: int

    def take(self, states: dict[str, Tensor], random: Random) -> Batch:
        """A random batch; `states` has what the text encoder makes of each prompt."""
        places = [random.randrange(len(self.scenes)) for _ in range(self.batch)]
        scenes, templates = [self.scenes[place] for place in places], [template(random) for _ in places]
        words = torch.stack([states[scene.say(words)] for scene, words in zip(scenes, templates, strict=True)])
        said = torch.tensor([[part in words for part in ("shape", "colour", "ground")] for words in templates])
        kinds = torch.tensor([_kind(scene) for scene in self.scenes])
        fits = ((kinds[places, None] == kinds) | ~said[:, None]).all(2).to(DEVICE)
        return Batch(scenes, self.latents[places], words, self.latents, fits)


def prepare(vae: AutoencoderKL, kinds: Sequence[Scene], pixels: int, count: int, batch: int, turns: int = 1) -> Lesson:
    """`count` scenes of these kinds, with shapes in all places and sizes; different ones in each process."""
    random = Random(pixels + rank())
    scenes = [scattered(random.choice(kinds), random) for _ in range(count)]
    return Lesson(scenes, latents_of(vae, [scene.draw(pixels) for scene in scenes]), batch, turns)


def turn(lessons: list[Lesson], step: int) -> Lesson:
    """Whose turn it is: the same in all processes, which wait for each other."""
    return Random(step).choices(lessons, [lesson.turns for lesson in lessons])[0]


def _kind(scene: Scene) -> tuple[int, int, int]:
    colours = list(COLOURS)
    return SHAPES.index(scene.shape), colours.index(scene.colour), colours.index(scene.ground)
