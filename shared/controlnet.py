"""ControlNet's part of the WebUI's body: `alwayson_scripts.controlnet.args`, a list of units.

Fields, defaults, names and old names are those of the ControlNet extension 1.1.455; `keypoints` is this project's own.
"""

from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    AliasChoices,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from shared.keypoints import ReadKeypoints
from shared.known_fields import KnownFields, refused
from shared.nulls import NullIsDefault
from shared.suggestions import spelt

MOST_UNITS = 10  # the most that the WebUI's settings offer; a record holds them
MOST_PEOPLE = 10  # whose keypoints a record holds
MOST_NUMBER = 1e6  # far beyond any sigma or threshold, and a number that a table takes
NO_MODEL = "None"

Preprocessor = Literal[
    "none",
    "canny",
    "openpose",
    "invert",
    "threshold",
    "blur_gaussian",
    "tile_resample",
    "scribble_xdog",
    "lineart_standard",
]
ResizeMode = Literal["Just Resize", "Crop and Resize", "Resize and Fill"]
ControlMode = Literal["Balanced", "My prompt is more important", "ControlNet is more important"]
HiresOption = Literal["Both", "Low res only", "High res only"]
PREPROCESSORS: tuple[Preprocessor, ...] = get_args(Preprocessor)

Number = Annotated[float, Field(ge=-MOST_NUMBER, le=MOST_NUMBER)]

_LABELS = {f"{name} (from white bg & black line)": name for name in ("invert", "lineart_standard")}
SpeltPreprocessor = Annotated[Preprocessor, spelt("preprocessor", PREPROCESSORS, _LABELS, otherwise="none")]


def _spelt(names: tuple[str, ...]) -> BeforeValidator:
    """Enums arrive as their text, or as the numbers that they once were."""
    return BeforeValidator(lambda value: names[int(value)] if value in range(len(names)) else value)


class Unit(KnownFields, NullIsDefault):
    """One ControlNet unit. `image` and `mask` are base64 in a request, and names under `inputs/` in a job."""

    model_config = ConfigDict(frozen=True)
    __pydantic_extra__: dict[Annotated[str, refused("A ControlNet unit has no such field.", lambda: Unit)], Any]

    enabled: bool = False
    module: SpeltPreprocessor = Field("none", description="The preprocessor.")
    model: str = Field(NO_MODEL, max_length=200)
    weight: float = Field(1.0, ge=0, le=2)
    image: str | None = Field(None, validation_alias=AliasChoices("image", "input_image"))
    mask: str | None = Field(
        None,
        validation_alias=AliasChoices("mask", "mask_image"),
        description="What the unit is guided by in place of `image`, where it is neither all black nor all white.",
    )
    keypoints: ReadKeypoints | None = Field(
        None,
        description="Poses to draw in place of `image`: OpenPose's JSON, itself or as text. Bodies are drawn, neither "
        f"hands nor faces; {MOST_PEOPLE} people at most in all units.",
    )
    resize_mode: Annotated[ResizeMode, _spelt(get_args(ResizeMode))] = "Crop and Resize"
    low_vram: bool = Field(
        False,
        validation_alias=AliasChoices("low_vram", "lowvram"),
        description="Taken and without effect: an endpoint decides by its own GPU what stays in memory.",
    )
    processor_res: int = Field(-1, ge=-1, le=4096)
    threshold_a: Number = -1
    threshold_b: Number = -1
    guidance_start: float = Field(0.0, ge=0, le=1)
    guidance_end: float = Field(1.0, ge=0, le=1, validation_alias=AliasChoices("guidance_end", "guidance"))
    pixel_perfect: bool = False
    control_mode: Annotated[ControlMode, _spelt(get_args(ControlMode))] = "Balanced"
    inpaint_crop_input_image: bool = True
    hr_option: Annotated[HiresOption, _spelt(get_args(HiresOption))] = Field(
        "Both", description="Which passes it guides where there is a second one (`enable_hr`)."
    )
    save_detected_map: bool = True
    advanced_weighting: list[Number] | None = Field(
        None,
        max_length=13,
        description="In place of `weight` and of what `control_mode` makes of it: one for each layer, the middle last. "
        "13 with Stable Diffusion 1.x and 2.x, 10 with SDXL.",
    )

    @field_validator("module", mode="before")
    @classmethod
    def _overlook_what_is_off(cls, module: Any, info: ValidationInfo) -> Any:
        """Clients send switched-off units with whatever preprocessor was chosen last."""
        return module if info.data.get("enabled") else None

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

    @model_validator(mode="after")
    def _one_thing_to_be_guided_by(self) -> Self:
        if self.enabled and self.keypoints and self.image:
            raise ValueError("It has an image and keypoints: send one of them.")
        if self.enabled and self.keypoints and self.module not in ("none", "openpose"):
            raise ValueError(f"Keypoints go with the preprocessors openpose and none, not with {self.module}.")
        return self

    def guides(self, second_pass: bool) -> bool:
        """Whether it guides that pass of a hires fix. A single pass is guided in any case, without asking here."""
        return self.hr_option == "Both" or (self.hr_option == "High res only") == second_pass


class ControlNet(NullIsDefault):
    args: list[Unit] = Field([], max_length=MOST_UNITS)

    @model_validator(mode="after")
    def _few_enough_for_a_record(self) -> Self:
        people = sum(len(unit.keypoints.people) for unit in self.args if unit.keypoints)
        if people > MOST_PEOPLE:
            raise ValueError(f"The units hold keypoints of {people} people; {MOST_PEOPLE} are the most.")
        return self
