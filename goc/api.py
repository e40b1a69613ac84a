"""The way to the API: requests that are repeated if that is safe, and lists that come page by page."""

from collections.abc import Iterator
from typing import Any

import httpx

from goc.failures import Failure, Refused, reaching
from goc.retries import answered

Document = dict[str, Any]


class Api:
    def __init__(self, address: str, key: str) -> None:
        if not address.startswith(("http://", "https://")):
            raise Failure(f"The API's address begins with https:// (or http://, locally); {address!r} does not.")
        if not (key.isascii() and key.isprintable()):
            raise Failure("The API key has characters that none has: it is made of letters and digits.")
        try:
            self._http = httpx.Client(base_url=address, headers={"x-api-key": key}, timeout=30)
        except httpx.InvalidURL as error:
            raise Failure(f"The API's address {address!r} is none: {error}") from error

    def close(self) -> None:
        self._http.close()

    def get(self, path: str, query: Document | None = None) -> Document:
        """Fields of the query that are None are left out."""
        return self.answer("GET", path, repeatable=True, params=given(query or {}))

    def pages(self, name: str, query: Document) -> Iterator[Document]:
        """The items of the list at `/name`; pages are asked for only as far as they are iterated."""
        cursor = None
        while True:
            page = self.get(f"/{name}", query | {"cursor": cursor})
            yield from listed(page, name)
            if not (cursor := page.get("next_cursor")):
                return

    def answer(self, method: str, path: str, repeatable: bool = False, **request: Any) -> Document:
        """The answer's JSON, empty if there is none. Raises Refused, or Broken if no answer comes."""

        tries = 0

        def send() -> httpx.Response:
            nonlocal tries
            tries += 1
            with reaching(f"the API at {self._http.base_url.host}"):
                return self._http.request(method, path, **request)

        answer = answered(send, repeatable)
        if not answer.is_success:
            raise Refused.of(answer, tries)
        try:
            document: object = answer.json() if answer.content else {}
        except ValueError as error:
            raise Refused.of(answer) from error
        if not isinstance(document, dict):
            raise Refused.of(answer)
        return document


def listed(page: Document, name: str) -> list[Document]:
    found = page.get(name)
    if not isinstance(found, list):
        raise Failure(f"What was answered has no {name}: is the API's address right?")
    return found


def given(fields: Document) -> Document:
    """The fields that are not None."""
    return {name: value for name, value in fields.items() if value is not None}
