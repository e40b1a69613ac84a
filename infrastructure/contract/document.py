"""The document as a whole, joined from what Powertools makes of each function."""

import inspect
import json
import tomllib
from pathlib import Path

from infrastructure.contract.operations import Json, operation, refusals
from infrastructure.contract.shapes import shapes
from lambdas.endpoints.routes import app as endpoints
from lambdas.jobs.routes import app as jobs
from lambdas.models.routes import app as models
from lambdas.service.routes import app as service
from lambdas.uploads.routes import app as uploads
from shared.resolver import Resolver

_PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def document() -> Json:
    """The contract. Raises ValueError if two functions have different shapes of the same name."""
    project = tomllib.loads(_PROJECT.read_text())["project"]
    parts = [_described(app) for app in (service, endpoints, models, uploads, jobs)]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Generate on Cloud",
            "version": project["version"],
            "description": project["description"],
            "license": {"name": project["license"], "identifier": project["license"]},
        },
        "servers": [{"url": ".", "description": "Where this document is served."}],
        "security": [{"key": []}],
        "paths": {path: _item(item) for part in parts for path, item in sorted(part["paths"].items())},
        "components": {
            "schemas": shapes(part["components"]["schemas"] for part in parts),
            "responses": refusals(),
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "x-api-key"}},
        },
    }


def _described(app: Resolver) -> Json:
    """Powertools' document of one function, with the routes' names and docstrings, which Powertools does not read."""
    for route in app._static_routes + app._dynamic_routes:
        summary, _, more = (inspect.getdoc(route.func) or "").partition(". ")
        route.summary, route.description = summary.rstrip("."), more
        route.operation_id = route.func.__name__
    described: Json = json.loads(app.get_openapi_json_schema())
    return described


def _item(item: Json) -> Json:
    return {method: operation(described) for method, described in item.items()}
