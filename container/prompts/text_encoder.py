"""One text encoder of transformers, which reads chunks with embeddings among their tokens."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import CLIPTextModel, CLIPTextModelWithProjection

from container.prompts.chunks import LENGTH, Chunk


@dataclass(frozen=True)
class TextEncoder:
    """`padding` is the token after the end token: for OpenAI's CLIP the end token again, for OpenCLIP 0."""

    model: CLIPTextModel | CLIPTextModelWithProjection
    padding: int

    @property
    def width(self) -> int:
        width: int = self.model.config.hidden_size
        return width

    def run(self, chunks: Sequence[Chunk], begin: int, end: int, vectors: Mapping[str, Tensor]) -> Any:
        """The model's outputs, including every layer's, for each chunk between a `begin` and an `end` token.

        `vectors` are those of the embeddings, (count, width), by name.
        """
        ids = [
            [begin, *(token.id for token in chunk), end, *[self.padding] * (LENGTH - len(chunk))] for chunk in chunks
        ]
        replacements = {
            (row, column): vectors[token.vector.embedding][token.vector.place]
            for row, chunk in enumerate(chunks)
            for column, token in enumerate(chunk, 1)
            if token.vector
        }
        with _replaced(replacements, self.model.get_input_embeddings()):
            return self.model(torch.tensor(ids, device=self.model.device), output_hidden_states=True)


@contextmanager
def _replaced(vectors: Mapping[tuple[int, int], Tensor], layer: torch.nn.Module) -> Iterator[None]:
    """Make the layer return these vectors, by row and column, instead of its own: the model itself takes only ids."""

    def replace(_layer: Any, _ids: Any, embedded: Tensor) -> None:
        for (row, column), vector in vectors.items():
            embedded[row, column] = vector.to(embedded)

    handle = layer.register_forward_hook(replace)
    try:
        yield
    finally:
        handle.remove()
