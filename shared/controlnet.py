"""ControlNet's part of the WebUI's body: `alwayson_scripts.controlnet.args`, a list of units.

Fields, defaults and old names are those of the ControlNet extension 1.1.455.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    model_validator,
)

from shared.suggestions import did_you_mean

MOST_UNITS = 10  # as the WebUI has it in its settings; a record holds them
NO_MODEL = "None"

_RESIZE_MODES = ("Just Resize", "Crop and Resize", "Resize and Fill")
_CONTROL_MODES = ("Balanced", "My prompt is more important", "ControlNet is more important")


def _spelt(names: tuple[str, ...]) -> BeforeValidator:
    """Enums arrive as their text or as the number that they once were."""
    return BeforeValidator(lambda value: names[int(value)] if value in range(len(names)) else value)


def _refuse_field(name: str) -> str:
    raise ValueError(f"A ControlNet unit has no such field.{did_you_mean(name, Unit.model_fields)}")


class Unit(BaseModel):
    """One ControlNet unit. `image` and `mask` are base64 in a request, and names under `inputs/` in a job."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[Annotated[str, AfterValidator(_refuse_field)], Any]

    enabled: bool = False
    module: str = Field("none", max_length=100)
    model: str = Field(NO_MODEL, max_length=200)
    weight: float = Field(1.0, ge=0, le=2)
    image: str | None = Field(None, validation_alias=AliasChoices("image", "input_image"))
    mask: str | None = Field(None, validation_alias=AliasChoices("mask", "mask_image"))
    resize_mode: Annotated[Literal["Just Resize", "Crop and Resize", "Resize and Fill"], _spelt(_RESIZE_MODES)] = (
        "Crop and Resize"
    )
    low_vram: bool = Field(False, validation_alias=AliasChoices("low_vram", "lowvram"))
    processor_res: int = Field(-1, ge=-1, le=4096)
    threshold_a: FiniteFloat = -1
    threshold_b: FiniteFloat = -1
    guidance_start: float = Field(0.0, ge=0, le=1)
    guidance_end: float = Field(1.0, ge=0, le=1, validation_alias=AliasChoices("guidance_end", "guidance"))
    pixel_perfect: bool = False
    control_mode: Annotated[
        Literal["Balanced", "My prompt is more important", "ControlNet is more important"], _spelt(_CONTROL_MODES)
    ] = "Balanced"
    inpaint_crop_input_image: bool = True
    hr_option: str = Field("Both", max_length=100)
    save_detected_map: bool = True
    advanced_weighting: list[FiniteFloat] | None = Field(None, max_length=13)

    @model_validator(mode="before")
    @classmethod
    def _take_image_and_mask_apart(cls, unit: Any) -> Any:
        """An image may bring its mask: `{"image": ..., "mask": ...}` or `[image, mask]`."""
        match unit:
            case {"image": {"image": image, "mask": mask}} | {"image": [image, mask]}:
                return unit | {"image": image, "mask": mask}
            case {"image": {"image": image}} | {"image": [image]}:
                return unit | {"image": image}
        return unit

    @model_validator(mode="after")
    def _start_before_the_end(self) -> Self:
        if self.guidance_start > self.guidance_end:
            raise ValueError("guidance_start lies behind guidance_end.")
        return self


class ControlNet(BaseModel):
    args: list[Unit] = Field([], max_length=MOST_UNITS)
