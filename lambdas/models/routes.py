"""Routes of models."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel

from shared import paging
from shared.cloud import cloud
from shared.resolver import Resolver, entry
from shared.shapes import Model, ModelType

app = Resolver()


class ModelList(BaseModel):
    models: list[Model]
    next_cursor: str | None


@app.get("/models")
def list_models(
    type: Annotated[ModelType | None, Query(description="Only models of this type.")] = None,
    limit: paging.Limit = 100,
    cursor: paging.Cursor = None,
) -> ModelList:
    """Models by type and name."""
    start = paging.decode(cursor, f"{type}/" if type else "") if cursor else None
    models, last = cloud().models.page(type, limit, start)
    return ModelList(models=models, next_cursor=paging.after(last))


handler = entry(app)
