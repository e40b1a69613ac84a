"""What a user is told: each failure's text says what went wrong, and the way out."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import httpx


class Failure(Exception):
    pass


class Broken(Failure):
    """A connection broke, or what is at its other end; trying again may succeed."""


class FieldError(NamedTuple):
    """One thing wrong with a request: where (`parameters.steps`), and what to do about it."""

    field: str
    detail: str


class Refused(Failure):
    """By the API, in its own words. `status` is HTTP's; `tries` says how often the request was sent until it came."""

    def __init__(self, status: int, detail: str, errors: Sequence[FieldError] = (), tries: int = 1) -> None:
        self.status = status
        self.detail = detail
        self.errors = errors
        self.tries = tries
        further = [f"{error.field}: {error.detail}" for error in errors if error.detail not in detail]
        super().__init__(" ".join([detail, "; ".join(further)]).rstrip())

    @classmethod
    def of(cls, answer: httpx.Response, tries: int = 1) -> "Refused":
        """An answer that is no problem+json comes from somewhere else, such as a wrong address, or a gateway."""
        try:
            problem = answer.json()
            errors = [FieldError(error["field"], error["detail"]) for error in problem.get("errors", [])]
            return cls(answer.status_code, problem["detail"], errors, tries)
        except (ValueError, LookupError, TypeError, AttributeError):
            where = f"{answer.request.method} {answer.request.url}"
            way_out = "the API broke; try again later." if answer.is_server_error else "is the API's address right?"
            return cls(answer.status_code, f"{where} was answered {answer.status_code}: {way_out}", tries=tries)


@contextmanager
def reaching(whom: str) -> Iterator[None]:
    """Raises what breaks inside as Broken, without the address in its text: a query may hold a token."""
    try:
        yield
    except httpx.RequestError as error:
        raise Broken(f"The connection to {whom} broke: {str(error) or type(error).__name__}.") from error
