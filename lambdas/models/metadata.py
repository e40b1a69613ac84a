"""What a model's maker wrote into its header: kohya's training scripts (`ss_...`), the ModelSpec (`modelspec...`)."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import accumulate, chain

from shared.contents import Base, Metadata

# A record holds them, and a list shows a hundred records.
MOST_WORDS = 20
MOST_BYTES = 600  # of all trigger words
MOST_TEXT = 100  # characters

# How `ss_base_model_version` and `modelspec.architecture` begin, by what a LoRA was trained on.
_BASES = {
    "sd_v1": Base.SD1,
    "sd_v2": Base.SD2,
    "sdxl": Base.SDXL,
    "stable-diffusion-v1": Base.SD1,
    "stable-diffusion-v2": Base.SD2,
    "stable-diffusion-xl": Base.SDXL,
}


def read(said: Mapping[str, str]) -> Metadata:
    """As much of it as is shown. Never raises, whatever is in it."""
    return Metadata(
        title=_first(said, "modelspec.title", "ss_output_name"),
        resolution=_first(said, "modelspec.resolution", "ss_resolution"),
        trigger_words=_fitting(chain(_phrases(said), _tags(said.get("ss_tag_frequency", "")))),
    )


def base(said: Mapping[str, str]) -> Base | None:
    """The base that a LoRA says it was trained on."""
    trained_on = _first(said, "ss_base_model_version", "modelspec.architecture") or ""
    return next((base for beginning, base in _BASES.items() if trained_on.startswith(beginning)), None)


def short_hash(said: Mapping[str, str]) -> str | None:
    """A LoRA's, which the WebUI computes from the tensors alone: kohya's scripts write it into the header."""
    found = re.match(r"(0x)?([0-9a-f]{12})", said.get("sshs_model_hash", ""))
    return found[2] if found else None


def _first(said: Mapping[str, str], *names: str) -> str | None:
    return next((_text(said[name]) for name in names if said.get(name)), None)


def _phrases(said: Mapping[str, str]) -> Iterator[str]:
    yield from said.get("modelspec.trigger_phrase", "").split(",")


def _tags(frequencies: str) -> Iterator[str]:
    """The tags of all its folders of pictures together, the most frequent first."""
    counts: Counter[str] = Counter()
    try:
        for folder in json.loads(frequencies or "{}").values():
            counts.update({tag: int(count) for tag, count in folder.items()})
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return
    yield from (tag for tag, _ in counts.most_common(MOST_WORDS))


def _fitting(words: Iterator[str]) -> list[str]:
    kept = [*dict.fromkeys(filter(None, map(_text, words)))][:MOST_WORDS]
    sizes = accumulate(len(word.encode()) for word in kept)
    return [word for word, size in zip(kept, sizes, strict=True) if size <= MOST_BYTES]


def _text(text: str) -> str:
    """JSON can hold lone surrogates, which are no text and which no store takes."""
    return text.strip()[:MOST_TEXT].encode(errors="replace").decode()
