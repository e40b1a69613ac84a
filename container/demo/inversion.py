"""The textual inversion "midnight": a word for white shapes on black."""

from random import Random

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor, nn
from torch.nn import functional
from transformers import CLIPTextModel

from container.demo import text
from container.demo.learning import DEVICE, learn, rank
from container.demo.lessons import Lesson
from container.demo.pictures import SHAPES, Scene
from container.demo.unet import noise_loss

SCENES = [Scene(shape, "white", "black") for shape in SHAPES]
_VECTORS = 4
_STEPS = 300
_TEMPLATES = ("a {word} {shape}", "{word} {shape}", "a {shape}, {word}", "{word}, {shape}", "a {word} picture")


def train(unet: UNet2DConditionModel, model: CLIPTextModel, states: dict[str, Tensor], lesson: Lesson) -> Tensor:
    """The word's vectors (vector, 32) in place of token embeddings; `lesson` is made of SCENES."""
    embedding = _Extended(model.get_input_embeddings().weight)
    model.set_input_embeddings(embedding)
    random = Random(rank())

    def loss(_step: int) -> Tensor:
        batch = lesson.take(states, random).placed()
        words = model(torch.stack([embedding.tokens(scene.shape, random) for scene in batch.scenes])).last_hidden_state
        return noise_loss(batch, lambda noisy, times: unet(noisy, times, words).sample)

    learn("inversion", [embedding.word], loss, _STEPS, rate=1e-2)
    return embedding.word


class _Extended(nn.Module):
    """Token embeddings, with those of a new word after the known ones."""

    def __init__(self, known: Tensor) -> None:
        super().__init__()
        self._known = known
        some = torch.randint(len(known), (_VECTORS,))
        self.word = nn.Parameter(known[some].clone())

    def forward(self, tokens: Tensor) -> Tensor:
        return functional.embedding(tokens, torch.cat([self._known, self.word]))

    def tokens(self, shape: str, random: Random) -> Tensor:
        """The token numbers, (77), of a prompt about the shape with the new word in it."""
        before, after = random.choice(_TEMPLATES).format(word="|", shape=shape).split("|")
        start, end = text.tokens([before, after])
        word = torch.arange(_VECTORS, device=DEVICE) + len(self._known)
        ends = int(start.argmax())
        return torch.cat([start[:ends], word, end[1:]])[:77]
