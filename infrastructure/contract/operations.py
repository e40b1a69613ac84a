"""One route in the contract: its parameters, and every status that it can answer."""

from http import HTTPStatus
from typing import Any

Json = dict[str, Any]

# The gateway takes 10 MB and a function 6 MB, in which each quotation mark and line end of the body counts twice.
TOO_LARGE = "The body is too large: about 4 MB of pictures are the most; send pictures by POST /uploads."
_FAULT = "A fault here; try again. An order sent again with its Idempotency-Key is not drawn twice."
_REFUSALS = {
    "400": "The body is not JSON, the cursor is none of this list's, or the gateway can't read the request.",
    "403": "The x-api-key header is missing or no key of this API.",
    "404": "Nothing of this name is there for the caller.",
    "409": "The request is right, and the state of what it names forbids it.",
    "413": TOO_LARGE,
    "422": "A field is missing, unknown or out of bounds; `errors` says which and why.",
    "429": "Too many requests; `Retry-After` says how many seconds to wait.",
    "500": _FAULT,
    "502": _FAULT,
    "503": _FAULT,
    "504": _FAULT,
}
_OF_EVERY_ROUTE = {"400", "403", "429", "500", "502", "503", "504"}  # the gateway's own

_HEADERS = {
    "202": {
        "Location": {"description": "Of what was ordered, relative to this address.", "schema": {"type": "string"}}
    },
    "429": {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}},
}


def operation(described: Json) -> Json:
    """The route as Powertools describes it, corrected."""
    parameters = [_parameter(each) for each in described.get("parameters", [])]
    return described | {"parameters": parameters, "responses": _responses(described)}


def refusals() -> Json:
    """The common responses that the routes' statuses refer to."""
    return {status: _refusal(status) | _headers(status) for status in _REFUSALS}


def _parameter(parameter: Json) -> Json:
    """A query parameter may be left out, but can't be sent as null."""
    schema = parameter["schema"]
    options = [option for option in schema.get("anyOf", []) if option != {"type": "null"}]
    if len(options) != 1:
        return parameter
    rest = {name: value for name, value in schema.items() if name != "anyOf"}
    return parameter | {"schema": rest | options[0]}


def _responses(described: Json) -> Json:
    """Those that the route itself names, and those that the gateway and the request's validation may answer."""
    own: Json = described["responses"]
    statuses = own.keys() | _OF_EVERY_ROUTE
    if "requestBody" in described:
        statuses |= {"413"}
    elif all(parameter["in"] == "path" for parameter in described.get("parameters", [])):
        statuses -= {"422"}  # Powertools lists it for every route; this one has nothing to validate
    return {
        status: {"$ref": f"#/components/responses/{status}"} if status in _REFUSALS else _answer(status, own[status])
        for status in sorted(statuses)
    }


def _answer(status: str, described: Json) -> Json:
    content = {} if status == "204" else {"content": described["content"]}
    return {"description": HTTPStatus(int(status)).phrase} | content | _headers(status)


def _refusal(status: str) -> Json:
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {"description": _REFUSALS[status], "content": {"application/problem+json": problem}}


def _headers(status: str) -> Json:
    return {"headers": _HEADERS[status]} if status in _HEADERS else {}
