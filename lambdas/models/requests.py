"""What the routes of models take."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field

from shared.known_fields import KnownFields, refused
from shared.multipart import PART_BYTES
from shared.parameters import Text
from shared.shapes import MOST_NAME, Model, ModelType, Moment
from shared.tables.models import is_model

MODEL_BYTES = (64, 20 * 2**30)  # a tiny model's embedding takes some hundred
DEFAULT_PART_BYTES = 64 * 2**20  # a file of 20 GB has 320
MOST_LINKS = 500  # in one answer: with the signer's credentials in it, a link has some 2,000 characters


Sha256 = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$"), AfterValidator(str.lower)]


def _file(name: str) -> str:
    if "/" in name or any(ord(character) < 32 for character in name) or name.startswith("."):
        raise ValueError("It is a file's name alone: no slash, no control character, no dot at its beginning.")
    if not is_model(name):
        raise ValueError("A model's file ends with .safetensors, .ckpt, .pt, .pth or .bin.")
    return name


class UploadModel(KnownFields):
    """A file that is to become a model."""

    __pydantic_extra__: dict[
        Annotated[str, refused("The upload of a model has no such field.", lambda: UploadModel)], Any
    ]

    type: ModelType
    name: Annotated[Text, AfterValidator(_file)] = Field(
        min_length=1, max_length=MOST_NAME, description="Name of the file with its ending: foo.safetensors."
    )
    size: int = Field(ge=MODEL_BYTES[0], le=MODEL_BYTES[1], description="Size of the file in bytes.")
    sha256: Sha256 | None = Field(
        None, description="SHA-256 of the whole file, in hexadecimal; an endpoint compares it when it loads the file."
    )
    part_size: int | None = Field(
        None,
        ge=PART_BYTES[0],
        le=PART_BYTES[1],
        description=f"Bytes of each part but the last; {DEFAULT_PART_BYTES} by default.",
    )
    replace: bool = Field(False, description="Replace the model of this name, which stays until the new one is whole.")


class PartLink(BaseModel):
    """Where one part is to be PUT."""

    number: int
    url: str
    size: int = Field(description="Size of the part in bytes; nothing else is accepted.")


class UploadLinks(BaseModel):
    """Part n holds the file's bytes from (n - 1) * part_size on."""

    part_size: int
    part_count: int
    parts: list[PartLink] = Field(description=f"Parts that have not arrived, at most {MOST_LINKS} at a time.")
    expires_at: Moment


class ModelUpload(BaseModel):
    model: Model
    upload: UploadLinks
