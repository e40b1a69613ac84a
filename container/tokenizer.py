"""CLIP's byte-pair tokenizer, from the vocabulary that travels inside the open_clip_torch wheel."""

import gzip
from importlib.metadata import distribution
from itertools import islice

from tokenizers.pre_tokenizers import ByteLevel
from transformers import CLIPTokenizer

_MERGES = "open_clip/bpe_simple_vocab_16e6.txt.gz"
_END_OF_WORD = "</w>"
_SPECIALS = ["<|startoftext|>", "<|endoftext|>"]


def tokenizer(vocabulary_size: int, zero_padded: bool = False) -> CLIPTokenizer:
    """CLIP's tokenizer with a vocabulary of this size: 49408 for Stable Diffusion, 514 for bytes alone.

    Sequences are 77 tokens long and padded as the text encoder was trained: with the end token, or with 0, the token
    "!", for the OpenCLIP encoders of Stable Diffusion 2.x and SDXL.
    """
    letters = sorted(ByteLevel.alphabet())
    tokens = letters + [letter + _END_OF_WORD for letter in letters]
    merges = _merges(vocabulary_size - len(tokens) - len(_SPECIALS))
    tokens += ["".join(pair) for pair in merges] + _SPECIALS
    vocabulary = {token: number for number, token in enumerate(tokens)}
    padding = tokens[0] if zero_padded else tokens[-1]
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=77, pad_token=padding)


def _merges(count: int) -> list[tuple[str, str]]:
    # The file is found without importing open_clip, which needs torchvision.
    with gzip.open(str(distribution("open_clip_torch").locate_file(_MERGES)), "rt", encoding="utf-8") as lines:
        pairs = (line.split() for line in islice(lines, 1, count + 1))  # the first line is a comment
        return [(left, right) for left, right in pairs]
