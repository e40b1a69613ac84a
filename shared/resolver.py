"""The one place where answers and errors become HTTP."""

import json
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.logging import correlation_paths

from shared import cors
from shared.errors import FieldError, Invalid, NotFound, Refusal
from shared.ids import is_id
from shared.keys import owner_of
from shared.log import logger
from shared.settings import settings

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse


class Resolver(APIGatewayRestResolver):
    """Routes whose requests are checked against their types, and whose refusals answer as problem+json."""

    def __init__(self) -> None:
        super().__init__(enable_validation=True, json_body_deserializer=_parsed)
        self.exception_handler(Refusal)(self._refused)
        self.exception_handler(RequestValidationError)(self._malformed)
        self.exception_handler(RecursionError)(self._too_deep)
        self.exception_handler(NotFoundError)(self._no_place)

    @property
    def owner(self) -> str:
        """The owner of the request's key; the gateway lets no request pass without one."""
        return owner_of(self.current_event.headers["x-api-key"])

    def _refused(self, refusal: Refusal) -> Response[Any]:
        problem = refusal.problem(self.current_event.request_context.request_id or "")
        return Response(refusal.status, "application/problem+json", json.dumps(problem))

    def _malformed(self, error: RequestValidationError) -> Response[Any]:
        errors = [_field_error(each) for each in error.errors()]
        return self._refused(Invalid("; ".join(f"{each['field']}: {each['detail']}" for each in errors), errors))

    def _too_deep(self, _: RecursionError) -> Response[Any]:
        return self._refused(Refusal.about("body", "It is nested too deep to be read."))

    def _no_place(self, _: NotFoundError) -> Response[Any]:
        """The gateway lets any name into a path, and Powertools finds no route for some characters."""
        return self._refused(NotFound("Nothing can have this name."))


def answers(status: HTTPStatus, *refusals: type[Refusal]) -> "dict[int, OpenAPIResponse]":
    """What the contract says of a route: its status, and those refusals that not every route can answer."""
    return {each: {"description": each.phrase} for each in (status, *(refusal.status for refusal in refusals))}


def entry(app: Resolver) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """What Lambda calls: the routes, with one line in the log for each answer."""

    @logger.inject_lambda_context(clear_state=True, correlation_id_path=correlation_paths.API_GATEWAY_REST)
    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        answer = app.resolve(_taken_as_json(event), context)
        origin = app.current_event.headers.get("origin")
        answer["multiValueHeaders"] |= cors.headers(origin, settings().origins)
        id = app.current_event.path_parameters.get("id", "")
        # Nothing else that the caller chose goes into the log.
        about: dict[str, Any] = {"job": id} if is_id(id) else {}
        status = answer["statusCode"]
        logger.info("answered", method=event["httpMethod"], route=event["resource"], status=status, **about)
        return answer

    return handler


def _taken_as_json(event: dict[str, Any]) -> dict[str, Any]:
    """Every body is JSON here, even if the client calls it a form, as `curl -d` does."""
    headers = {name: value for name, value in event["headers"].items() if name.lower() != "content-type"}
    return event | {"headers": headers}


def _parsed(body: str) -> Any:
    """Powertools itself does not expect an integer of more digits than Python reads.

    Of bytes that are no UTF-8, a gateway makes U+FFFD.
    """
    if "\N{REPLACEMENT CHARACTER}" in body:
        detail = "The body is not UTF-8, or has \N{REPLACEMENT CHARACTER} in it: write \\ufffd for that."
        raise Refusal.about("body", detail)
    try:
        return json.loads(body)
    except ValueError:
        raise Refusal.about("body", "The body is not JSON.") from None


def _field_error(error: dict[str, Any]) -> FieldError:
    source, *path = error["loc"]
    field = ".".join(str(part) for part in path) or source  # a query's parameter stands without "query"
    return FieldError(field=field, detail=re.sub(r"^Value error, ", "", error["msg"]))
