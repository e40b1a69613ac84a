"""The gateway, as far as a function sees it: a request becomes an event, and its result an answer."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType, SimpleNamespace
from typing import Any

from lambdas.endpoints.routes import handler as endpoints
from lambdas.jobs.routes import handler as jobs
from lambdas.models.routes import handler as models
from lambdas.service.routes import handler as service
from lambdas.uploads.routes import handler as uploads

ALICE = "goc" + "a" * 12 + "1" * 40
BOB = "goc" + "b" * 12 + "2" * 40

_CONTEXT = SimpleNamespace(
    function_name="test", memory_limit_in_mb=1024, invoked_function_arn="arn", aws_request_id="request"
)
_ROUTES: Mapping[str, Callable[[dict[str, Any], Any], dict[str, Any]]] = {
    "/ping": service,
    "/capabilities": service,
    "/openapi.json": service,
    "/endpoints": endpoints,
    "/endpoints/{name}": endpoints,
    "/models": models,
    "/models/{type}/{name}": models,
    "/models/{type}/{name}/complete": models,
    "/uploads": uploads,
    "/jobs": jobs,
    "/jobs/{id}": jobs,
    "/jobs/{id}/cancel": jobs,
}


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    headers: Mapping[str, Any]

    @property
    def fields(self) -> list[str]:
        """Which fields a problem names."""
        return [error["field"] for error in self.body.get("errors", [])]


class Api:
    def get(self, path: str, key: str = ALICE, **query: str) -> Answer:
        return self._call("GET", path, key, query=query)

    def post(self, path: str, body: object = None, key: str = ALICE, **headers: str) -> Answer:
        text = body if isinstance(body, str) else json.dumps(body)
        return self._call("POST", path, key, text, headers={"Content-Type": "application/json", **headers})

    def patch(self, path: str, body: object) -> Answer:
        return self._call("PATCH", path, ALICE, json.dumps(body), headers={"Content-Type": "application/json"})

    def delete(self, path: str, key: str = ALICE, **query: str) -> Answer:
        return self._call("DELETE", path, key, query=query)

    def _call(
        self,
        method: str,
        path: str,
        key: str,
        body: str | None = None,
        query: Mapping[str, str] = MappingProxyType({}),
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> Answer:
        route = re.sub(r"^/jobs/[^/]+", "/jobs/{id}", path)
        route = re.sub(r"^/endpoints/[^/]+", "/endpoints/{name}", route)
        route = re.sub(r"^/models/[^/]+/[^/]+", "/models/{type}/{name}", route)
        named = zip(route.split("/"), path.split("/"), strict=True)
        headers = {"x-api-key": key, **headers}
        event = {
            "resource": route,
            "path": path,
            "httpMethod": method,
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "queryStringParameters": dict(query) or None,
            "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} or None,
            "pathParameters": {name.strip("{}"): part for name, part in named if name.startswith("{")} or None,
            "requestContext": {"requestId": "9f1c2b34", "resourcePath": route, "httpMethod": method, "path": path},
            "body": body,
            "isBase64Encoded": False,
        }
        answer = _ROUTES[route](event, _CONTEXT)
        return Answer(answer["statusCode"], json.loads(answer["body"] or "null"), answer["multiValueHeaders"])
