"""What a file at an address is called."""

from collections.abc import Sequence
from email.message import Message
from email.utils import collapse_rfc2231_value
from pathlib import PurePosixPath

import httpx


def name_of(answers: Sequence[httpx.Response], address: httpx.URL) -> str:
    """As the last answer, redirects included, names it in Content-Disposition; else as the address does."""
    for answer in reversed(answers):
        if given := _given(answer.headers.get("Content-Disposition", "")):
            return PurePosixPath(given.replace("\\", "/")).name
    return PurePosixPath(address.path).name


def _given(disposition: str) -> str:
    message = Message()
    message["Content-Disposition"] = disposition
    parameters = message.get_params([], "Content-Disposition")
    names = [value for parameter, value in parameters if parameter.lower() == "filename"]
    return collapse_rfc2231_value(names[-1]) if names else ""  # the last is filename*, if there is one
