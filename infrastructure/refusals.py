"""The gateway's own refusals, worded like those of the functions: RFC 9457, with the way out."""

import json
from http import HTTPStatus
from typing import NamedTuple

from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from infrastructure.config import Config
from infrastructure.contract.operations import TOO_LARGE

_Type = apigateway.ResponseType


class _Refusal(NamedTuple):
    type: apigateway.ResponseType
    status: HTTPStatus
    detail: str
    retry_after: int | None = None  # seconds


_REFUSALS = [
    _Refusal(_Type.INVALID_API_KEY, HTTPStatus.FORBIDDEN, "The x-api-key header is missing or no key of this API."),
    _Refusal(
        _Type.MISSING_AUTHENTICATION_TOKEN, HTTPStatus.FORBIDDEN, "There is no such route, or not for this method."
    ),
    _Refusal(_Type.ACCESS_DENIED, HTTPStatus.FORBIDDEN, "This is not allowed."),
    _Refusal(_Type.RESOURCE_NOT_FOUND, HTTPStatus.NOT_FOUND, "There is no such route."),
    _Refusal(_Type.REQUEST_TOO_LARGE, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_LARGE),
    _Refusal(_Type.THROTTLED, HTTPStatus.TOO_MANY_REQUESTS, "Too many requests at once; wait a second.", 1),
    # The gateway does not say when the day of a quota ends, so the caller asks again each hour.
    _Refusal(
        _Type.QUOTA_EXCEEDED, HTTPStatus.TOO_MANY_REQUESTS, "The key has used up its quota of requests a day.", 3600
    ),
    _Refusal(_Type.INTEGRATION_TIMEOUT, HTTPStatus.GATEWAY_TIMEOUT, "It took longer than 29 s here; try again."),
    # The rest, mostly an Authorization header that is meant for another service.
    _Refusal(_Type.DEFAULT_4_XX, HTTPStatus.BAD_REQUEST, "The gateway can't read this request; send x-api-key alone."),
    _Refusal(_Type.DEFAULT_5_XX, HTTPStatus.INTERNAL_SERVER_ERROR, "This is a fault here; try again."),
]


class Refusals(Construct):
    def __init__(self, scope: Construct, id: str, config: Config, api: apigateway.RestApi) -> None:
        super().__init__(scope, id)
        for refusal in _REFUSALS:
            apigateway.GatewayResponse(
                self,
                refusal.type.response_type,
                rest_api=api,
                type=refusal.type,
                status_code=str(int(refusal.status)),
                response_headers=_headers(refusal, config),
                templates={"application/json": json.dumps(_problem(refusal))},
            )


def _problem(refusal: _Refusal) -> dict[str, str | int]:
    return {
        "type": "about:blank",
        "title": refusal.status.phrase,
        "status": int(refusal.status),
        "detail": refusal.detail,
        "request_id": "$context.requestId",
    }


def _headers(refusal: _Refusal, config: Config) -> dict[str, str]:
    headers = {"Content-Type": "'application/problem+json'"}
    if refusal.retry_after:
        headers["Retry-After"] = f"'{refusal.retry_after}'"
    if config.origins:  # else a page in a browser learns only that something failed
        headers["Access-Control-Allow-Origin"] = _allowed(config.origins)
        headers["Access-Control-Expose-Headers"] = "'Retry-After'"
    return headers


def _allowed(origins: tuple[str, ...]) -> str:
    """The gateway can't choose among several origins here, and finds the browser's only if it writes `Origin` just so.

    With several, any page may read a refusal: it tells nothing private.
    """
    return f"'{origins[0]}'" if len(origins) == 1 else "'*'"
