"""A text cut into chunks of 75 tokens, which is what CLIP reads at once, as the WebUI v1.10 cuts it."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from transformers import CLIPTokenizer

from container.prompts.grammar import attention

LENGTH = 75
_BACKTRACK = 20  # the WebUI's comma_padding_backtrack


class Vector(NamedTuple):
    """One of an embedding's vectors, by the embedding's name and its place in it."""

    embedding: str
    place: int


class Token(NamedTuple):
    id: int
    weight: float
    vector: Vector | None = None  # to read instead of the id's own


Chunk = tuple[Token, ...]


class Chunker:
    """`embeddings` is how many vectors each has, by lower-case name. One is used where the tokens of its name occur."""

    def __init__(self, tokenizer: CLIPTokenizer, embeddings: Mapping[str, int]) -> None:
        self._tokenizer = tokenizer
        self._embeddings = embeddings
        self._comma: int = tokenizer.convert_tokens_to_ids(",</w>")
        named = {name: self._ids(name) for name in embeddings}
        self._named = sorted(named.items(), key=lambda each: len(each[1]), reverse=True)

    def chunks(self, text: str) -> list[Chunk]:
        """At least one chunk, without begin, end and padding. BREAK ends a chunk, even an empty one.

        A full chunk passes what follows its last comma, up to 20 tokens, on to the next. An embedding is never split,
        unless it is longer than a chunk.
        """
        chunks: list[Chunk] = []
        chunk: Chunk = ()
        for word in self._words(text):
            if word is None:
                chunks.append(chunk)
                chunk = ()
                continue
            if len(chunk) == LENGTH:
                end = LENGTH if word[0].id == self._comma else self._after_comma(chunk)
                chunks.append(chunk[:end])
                chunk = chunk[end:]
            if len(chunk) + len(word) > LENGTH:
                chunks.append(chunk)
                chunk = ()
            chunk += word
        return [*chunks, chunk] if chunk or not chunks else chunks

    def _after_comma(self, full: Chunk) -> int:
        near = range(LENGTH - 1, LENGTH - _BACKTRACK - 1, -1)
        return next((place + 1 for place in near if full[place].id == self._comma), LENGTH)

    def _words(self, text: str) -> Iterator[Chunk | None]:
        """Pieces that must not be split; None for BREAK."""
        for piece in attention(text):
            if piece is None:
                yield None
                continue
            ids = self._ids(piece.text)
            while ids:
                name, length = self._embedding_at_the_start(ids)
                if name:
                    yield from _vectors(name, self._embeddings[name], piece.weight)
                else:
                    yield (Token(ids[0], piece.weight),)
                ids = ids[length:]

    def _embedding_at_the_start(self, ids: list[int]) -> tuple[str, int]:
        """The longest embedding that the ids begin with, and how many of them it takes; "" and 1 if there is none."""
        return next(((name, len(own)) for name, own in self._named if own and ids[: len(own)] == own), ("", 1))

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer(
            text,
            add_special_tokens=False,
            split_special_tokens=True,  # OpenCLIP's padding token is "!", which is ordinary text here
            verbose=False,  # or it would warn of texts longer than one chunk
        ).input_ids
        return ids


def _vectors(name: str, count: int, weight: float) -> Iterator[Chunk]:
    tokens = tuple(Token(0, weight, Vector(name, place)) for place in range(count))
    for start in range(0, count, LENGTH):
        yield tokens[start : start + LENGTH]
