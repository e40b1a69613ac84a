"""What is served as the web page besides the files of `console/`, on AWS and by the local cloud alike."""

import gzip
from importlib.metadata import distribution
from itertools import islice
from pathlib import Path
from typing import Any

from lambdas.endpoints.prices import HOURLY_USD

FOLDER = Path(__file__).parent.parent / "console"

CONFIG = "config.json"
MERGES = "clip-merges.txt"

_TOKENS = 49_408  # in Stable Diffusion's vocabulary: 256 letters, each again as a word's end, two marks, and the merges
_WHEEL, _FILE = "open_clip_torch", "open_clip/bpe_simple_vocab_16e6.txt.gz"


def config(api: str) -> dict[str, Any]:
    """What the page is told: the API's address, and what an hour of each type of instance costs."""
    return {"api": api, "hourly_usd": HOURLY_USD}


def content_security_policy(api: str, *buckets: str) -> str:
    """The page loads nothing but its own files and pictures, and speaks to nobody but these origins."""
    pictures = " ".join(buckets)
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src 'self' blob: {pictures}",
            f"connect-src 'self' {api} {pictures}",
            "form-action 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        ]
    )


def merges() -> str:
    """CLIP's byte pairs in their order, one per line; the page counts a prompt's tokens with them."""
    count = _TOKENS - 2 * 256 - 2
    with gzip.open(str(distribution(_WHEEL).locate_file(_FILE)), "rt", encoding="utf-8") as lines:
        return "".join(islice(lines, 1, count + 1))  # the first line is a comment
