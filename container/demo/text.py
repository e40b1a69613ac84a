"""The demo model's text encoder, taught to read colour, shape and ground before anything is drawn with it."""

from functools import cache
from random import Random

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import CLIPTextModel, CLIPTokenizer

from container.architectures import Architecture
from container.demo.learning import DEVICE, learn, rank
from container.demo.pictures import COLOURS, SHAPES, TRAINED, Scene, template
from container.tokenizer import tokenizer

_STEPS = 600
_ANSWERS = (tuple(COLOURS), SHAPES, tuple(COLOURS))


def train(model: CLIPTextModel) -> CLIPTextModel:
    heads = nn.ModuleList(nn.Linear(32, len(answers) + 1) for answers in _ANSWERS).to(DEVICE)
    random = Random(rank())

    def loss(_step: int) -> Tensor:
        scenes = [(scene, template(random)) for scene in random.choices(TRAINED, k=48)]
        states = model(tokens([scene.say(words) for scene, words in scenes])).last_hidden_state[:, -32:]
        wanted = torch.tensor([_answers(scene, words) for scene, words in scenes], device=DEVICE)
        errors = [
            functional.cross_entropy(head(states).transpose(1, 2), wanted[:, place, None].expand(-1, 32))
            for place, head in enumerate(heads)
        ]
        return torch.stack(errors).sum()

    learn("text", [*model.parameters(), *heads.parameters()], loss, _STEPS, rate=3e-3)
    return model


def tokens(prompts: list[str]) -> Tensor:
    """(prompt, 77) numbers, padded as the pipeline pads them."""
    encoded = _tokenizer()(prompts, padding="max_length", truncation=True, return_tensors="pt")
    ids: Tensor = encoded.input_ids
    return ids.to(DEVICE)


@cache
def _tokenizer() -> CLIPTokenizer:
    return tokenizer(Architecture("tiny").vocabulary_size)


@torch.no_grad()
def states(model: CLIPTextModel, prompts: list[str]) -> dict[str, Tensor]:
    """What the UNet reads of each prompt: (77, 32)."""
    pieces = [model(some).last_hidden_state for some in torch.split(tokens(prompts), 64)]
    return dict(zip(prompts, torch.cat(pieces), strict=True))


def _answers(scene: Scene, words: str) -> list[int]:
    """The numbers of the scene's colour, shape and ground; the last one of each for what the words don't say."""
    values = {"colour": scene.colour, "shape": scene.shape, "ground": scene.ground}
    return [
        choices.index(values[name]) if name in words else len(choices)
        for name, choices in zip(values, _ANSWERS, strict=True)
    ]
