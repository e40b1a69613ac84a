"""The text encoders of a checkpoint: from texts to conditionings, as the WebUI v1.10 has them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

import torch
from torch import Tensor
from transformers import CLIPTokenizer

from container.prompts.chunks import LENGTH, Chunk, Chunker
from container.prompts.text_encoder import TextEncoder
from container.prompts.textual_inversion import Embedding

_TOGETHER = 32  # chunks at once, so that a prompt of many alternatives needs no more memory

Embeddings = Mapping[str, Embedding]


@dataclass(frozen=True)
class Conditioning:
    """`tokens` is (chunks * 77, width), for Stable Diffusion XL the width of both encoders together.

    `pooled` is only Stable Diffusion XL's, (width of the projection): the first chunk's, whatever the weights.
    `used` names the embeddings in the text.
    """

    tokens: Tensor
    pooled: Tensor | None
    used: tuple[str, ...]


class _Read(NamedTuple):
    """One chunk's hidden states from each encoder, (77, width), and its pooled ones."""

    hidden: Sequence[Tensor]
    pooled: Tensor | None


class Encoder:
    """One text encoder, of Stable Diffusion 1.x or 2.x, or the two of Stable Diffusion XL, in their order.

    All read the same tokens. A single encoder gives its last layer, after the final norm; 2.x's is loaded without the
    layer after that. XL's two give their last layer but one, without the norm. Clip skip `n` takes the n-th layer from
    the end, after the norm, and only for 1.x: the WebUI ignores it for 2.x and, unless a setting of its own is changed,
    for XL.
    """

    def __init__(self, tokenizer: CLIPTokenizer, *text_encoders: TextEncoder) -> None:
        self._tokenizer = tokenizer
        self._text_encoders = text_encoders

    @property
    def widths(self) -> tuple[int, ...]:
        """The widths that an embedding's vectors must have."""
        return tuple(text_encoder.width for text_encoder in self._text_encoders)

    def encode(self, text: str, clip_skip: int = 1, embeddings: Embeddings | None = None) -> Conditioning:
        """The conditioning of one text; see `encode_all`."""
        return self.encode_all([text], clip_skip, embeddings)[text]

    @torch.no_grad()
    def encode_all(
        self, texts: Iterable[str], clip_skip: int = 1, embeddings: Embeddings | None = None
    ) -> dict[str, Conditioning]:
        """The conditionings by text; texts may use all of the WebUI's grammar that `attention` reads.

        All are as long as the longest, padded with empty chunks as the WebUI pads the texts of a schedule.
        `embeddings` are by lower-case name; a name in a text stands for its vectors. Weights multiply the hidden states
        of their tokens, and then the mean is restored, over the chunks at the same place in all texts together: the
        WebUI's "Original" emphasis.
        """
        embeddings = embeddings or {}
        chunker = Chunker(self._tokenizer, {name: len(embedding) for name, embedding in embeddings.items()})
        chunks = {text: chunker.chunks(text) for text in texts}
        longest = max(map(len, chunks.values()), default=0)
        filled = {text: own + [()] * (longest - len(own)) for text, own in chunks.items()}
        distinct = [*dict.fromkeys(chain.from_iterable(filled.values()))]
        read = dict(zip(distinct, self._read(distinct, clip_skip, embeddings), strict=True))
        columns = [
            _weighted(column, [read[chunk].hidden for chunk in column]) for column in zip(*filled.values(), strict=True)
        ]
        return {
            text: Conditioning(torch.cat([column[row] for column in columns]), read[own[0]].pooled, _used(own))
            for row, (text, own) in enumerate(filled.items())
        }

    def _read(self, chunks: Sequence[Chunk], clip_skip: int, embeddings: Embeddings) -> Iterator[_Read]:
        begin, end = self._tokenizer.bos_token_id, self._tokenizer.eos_token_id
        for start in range(0, len(chunks), _TOGETHER):
            batch = chunks[start : start + _TOGETHER]
            hidden, pooled = [], [None] * len(batch)
            for place, text_encoder in enumerate(self._text_encoders):
                vectors = {name: embedding.vectors[place] for name, embedding in embeddings.items()}
                outputs = text_encoder.run(batch, begin, end, vectors)
                hidden.append(self._hidden(text_encoder, outputs, clip_skip))
                pooled = outputs.get("text_embeds", pooled)
            yield from map(_Read, zip(*hidden, strict=True), pooled)

    def _hidden(self, text_encoder: TextEncoder, outputs: Any, clip_skip: int) -> Tensor:
        if len(self._text_encoders) > 1:
            hidden: Tensor = outputs.hidden_states[-2]
        elif clip_skip > 1 and text_encoder.padding == self._tokenizer.eos_token_id:
            hidden = text_encoder.model.final_layer_norm(outputs.hidden_states[-clip_skip])
        else:
            hidden = outputs.last_hidden_state
        return hidden


def _weighted(chunks: Sequence[Chunk], hidden: Sequence[Sequence[Tensor]]) -> Tensor:
    """The weighted hidden states of chunks at one place in their texts, (chunks, 77, width of all encoders)."""
    weights = torch.tensor(
        [[1.0, *(token.weight for token in chunk), *[1.0] * (LENGTH + 1 - len(chunk))] for chunk in chunks]
    )
    plain = [torch.stack(of_one_encoder) for of_one_encoder in zip(*hidden, strict=True)]
    if (weights != 1).any():
        plain = [_heavier(each, weights[..., None].to(each.device)) for each in plain]
    return torch.cat(plain, dim=-1)


def _heavier(plain: Tensor, weights: Tensor) -> Tensor:
    exact = plain.float()  # half precision is too coarse for a mean
    heavier = exact * weights
    return (heavier * (exact.mean() / heavier.mean())).to(plain.dtype)


def _used(chunks: Sequence[Chunk]) -> tuple[str, ...]:
    vectors = (token.vector for token in chain.from_iterable(chunks) if token.vector)
    return tuple(dict.fromkeys(vector.embedding for vector in vectors))
