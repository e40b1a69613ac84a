"""Routes of models."""

from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel

from lambdas.models import deletion, reading, uploads
from lambdas.models.requests import ModelUpload, UploadModel
from shared import paging
from shared.cloud import cloud
from shared.contents import Base
from shared.errors import Conflict, NotFound
from shared.resolver import Resolver, answers, entry
from shared.shapes import MOST_NAME, Model, ModelType

app = Resolver()


class ModelList(BaseModel):
    models: list[Model]
    next_cursor: str | None


@app.get("/models")
def list_models(
    type: Annotated[ModelType | None, Query(description="Only models of this type.")] = None,
    base: Annotated[Base | None, Query(description="Only models of this base.")] = None,
    name: Annotated[str, Query(max_length=MOST_NAME, description="Only models whose names begin so.")] = "",
    limit: paging.Limit = 100,
    cursor: paging.Cursor = None,
) -> ModelList:
    """Models by type and name."""
    beginnings = tuple(f"{each}/{name.lower()}" if type else f"{each}/" for each in ([type] if type else ModelType))
    start = paging.decode(cursor, lambda position: position.startswith(beginnings)) if cursor else None
    models, last = cloud().models.page(type, limit, start, base, name)
    return ModelList(models=list(models), next_cursor=paging.after(last))


@app.post("/models", responses=answers(HTTPStatus.OK, Conflict) | answers(HTTPStatus.CREATED))
def upload_model(request: UploadModel) -> Response[ModelUpload]:
    """Begin to upload a model, or go on with it. Answers where to PUT the parts that have not arrived."""
    upload, new = uploads.start(request, cloud())
    return Response(HTTPStatus.CREATED if new else HTTPStatus.OK, "application/json", upload)


@app.post("/models/<type>/<name>/complete", responses=answers(HTTPStatus.ACCEPTED, NotFound, Conflict))
def complete_model(type: str, name: str) -> Response[Model]:
    """Make the model's file of its parts, and have it checked. Then it is active, or failed with the reason."""
    model = uploads.complete(type, name, cloud())
    headers = {"Location": f"../{quote(model.name)}"}
    return Response(HTTPStatus.ACCEPTED, "application/json", model, headers=headers)


@app.get("/models/<type>/<name>", responses=answers(HTTPStatus.OK, NotFound))
def get_model(type: str, name: str) -> Model:
    """The model: its state, and what its file says of itself."""
    return reading.record(type, name, cloud())


@app.delete("/models/<type>/<name>", responses=answers(HTTPStatus.NO_CONTENT, NotFound, Conflict))
def delete_model(
    type: str,
    name: str,
    force: Annotated[bool, Query(description="Also where a job that is not done uses it; that job fails.")] = False,
) -> Response[str]:
    """Remove a model and its file, or an upload that is not complete."""
    deletion.delete(type, name, force, cloud())
    return Response(HTTPStatus.NO_CONTENT, body="")  # the local gateway fails without a body


handler = entry(app)
