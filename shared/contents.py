"""What a model's file holds, as far as its own header tells."""

from enum import StrEnum

from pydantic import BaseModel, Field


class Base(StrEnum):
    """The family of checkpoints that a model is of, or was made for."""

    SD1 = "SD 1.x"
    SD2 = "SD 2.x"
    SDXL = "SDXL"


# How wide the text that each base reads is, in numbers per token.
TEXT_WIDTHS = {768: Base.SD1, 1024: Base.SD2, 2048: Base.SDXL}


class Metadata(BaseModel):
    """What its maker wrote into it."""

    title: str | None = None
    resolution: str | None = Field(None, description="Resolution the model was trained at.")
    trigger_words: list[str] = Field(
        [], description="Trigger words: its own first, then the most frequent tags of its training."
    )


class Contents(BaseModel):
    base: Base | None = Field(None, description="Family of checkpoints it belongs to; null if the file does not tell.")
    tensors: int | None = Field(None, description="Number of tensors; null for a pickle, which is never opened here.")
    dtype: str | None = Field(None, description="Data type of most tensors, in safetensors' spelling (F16, BF16, F32).")
    short_hash: str | None = Field(
        None, description="The WebUI's short hash, if it can be had without reading the whole file."
    )
    metadata: Metadata = Metadata()
