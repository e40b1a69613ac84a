"""Refusals: errors that the caller can mend. Anything else that is raised is a bug and answers 500."""

from http import HTTPStatus
from typing import NotRequired, Self

from typing_extensions import TypedDict  # before Python 3.12, the contract can't be made from the standard library's


class FieldError(TypedDict):
    """One thing wrong with a request: where (`parameters.steps`) and what to do about it."""

    field: str
    detail: str


class Problem(TypedDict):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: NotRequired[list[FieldError]]


class Refusal(Exception):
    """Its text is the answer's `detail`: what was refused and the way out."""

    status = HTTPStatus.BAD_REQUEST

    def __init__(self, detail: str, errors: list[FieldError] | None = None) -> None:
        super().__init__(detail)
        self.errors = errors or []

    @classmethod
    def about(cls, field: str, detail: str) -> Self:
        """A refusal because of one field."""
        return cls(detail, [FieldError(field=field, detail=detail)])

    def problem(self, request_id: str) -> Problem:
        problem = Problem(
            type="about:blank",
            title=self.status.phrase,
            status=self.status,
            detail=str(self),
            request_id=request_id,
        )
        return problem | {"errors": self.errors} if self.errors else problem


class NotFound(Refusal):
    status = HTTPStatus.NOT_FOUND


class Conflict(Refusal):
    """The request is right, and the state of what it names forbids it."""

    status = HTTPStatus.CONFLICT


class Invalid(Refusal):
    """The request is well-formed, and something in it is wrong; `errors` names the fields."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
