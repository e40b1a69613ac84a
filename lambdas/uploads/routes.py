"""Routes of uploads: pictures that orders refer to, which are too large to be sent inside one."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any, Literal
from uuid import uuid4

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel, Field

from shared.bucket import LINK_SECONDS, MOST_UPLOAD_BYTES, upload_key
from shared.cloud import cloud
from shared.known_fields import KnownFields, refused
from shared.resolver import Resolver, answers, entry
from shared.shapes import Moment, now

app = Resolver()


class UploadPicture(KnownFields):
    """A picture that is to be uploaded."""

    __pydantic_extra__: dict[
        Annotated[str, refused("The upload of a picture has no such field.", lambda: UploadPicture)], Any
    ]

    content_type: Literal["image/png", "image/jpeg", "image/webp"]
    size: int = Field(ge=1, le=MOST_UPLOAD_BYTES, description="Bytes: exactly so many are taken.")


class PictureUpload(BaseModel):
    """Where the picture is to be POSTed as a form: `fields` first, the `file` last. An order names it upload://id."""

    id: str
    url: str
    fields: dict[str, str]
    expires_at: Moment


@app.post("/uploads", responses=answers(HTTPStatus.CREATED))
def upload_picture(request: UploadPicture) -> Response[PictureUpload]:
    """Upload a picture for an order. It is kept for a day, and a job that was ordered with it has its own copy."""
    id = str(uuid4())
    expires = now() + timedelta(seconds=LINK_SECONDS)
    form = cloud().bucket.form(upload_key(app.owner, id), request.content_type, request.size, LINK_SECONDS)
    return Response(HTTPStatus.CREATED, "application/json", PictureUpload(id=id, expires_at=expires, **form))


handler = entry(app)
