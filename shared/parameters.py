"""What pictures are drawn with: those fields of the WebUI's txt2img and img2img that are honoured.

Names, meanings and defaults are the WebUI's own (v1.10); null stands for the default, as its clients send it.
"""

import re
from math import inf
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AliasChoices,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from shared.controlnet import MOST_NUMBER, Unit
from shared.nulls import NullIsDefault
from shared.overrides import OverrideSettings, Scripts
from shared.samplers import SpeltSampler, SpeltScheduleType, choice, is_sampler
from shared.upscalers import SpeltUpscaler

MOST_PICTURES = 100
MOST_PROMPT_BYTES = 12_000  # of all prompts: a job's record holds them and stays under 32 KB
LEAST_SIDE = 64  # pixels, of what is drawn
MOST_SIDE = 4096  # pixels, of what is sent and of what a hires fix makes


def _whole(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("It holds half a character (a lone surrogate).") from None
    return text


def _without_comments(prompt: str) -> str:
    """Without what is between a # and the end of its line, as in the WebUI."""
    whole_lines_out = re.sub(r"(^|\n)#[^\n]*(\n|$)", "\n", prompt)
    return re.sub(r"#[^\n]*(\n|$)", "\n", whole_lines_out) if "#" in prompt else prompt


def _apart(body: dict[str, Any], sampler: str, scheduler: str) -> dict[str, Any]:
    """The body with a sampler's name and its schedule type in separate fields; a schedule type given there stays."""
    chosen = choice(str(body.get(sampler) or ""))
    if not chosen.schedule:
        return body
    return body | {sampler: chosen.sampler, scheduler: body.get(scheduler) or chosen.schedule}


def _eights(pixels: int) -> int:
    return pixels // 8 * 8


Text = Annotated[str, AfterValidator(_whole)]  # JSON can spell lone surrogates, which are no text and no store takes
Prompt = Annotated[Text, AfterValidator(_without_comments)]
Share = Annotated[float, Field(ge=0, le=1)]
NotNegative = Annotated[float, Field(ge=0, le=MOST_NUMBER)]
Seed = Annotated[int, Field(ge=-1, lt=2**53)]  # seeds counted up go beyond 2**32; JSON readers are exact up to here
Pixels = Annotated[int, Field(ge=0, le=MOST_SIDE)]
Blur = Annotated[int, Field(ge=0, le=256)]
_BLUR = TypeAdapter(Blur)
_SAME = BeforeValidator(lambda value: None if value in ("", "Use same sampler", "Use same scheduler") else value)
# JSON has no word for infinity, and the WebUI takes 0 to mean the same.
_Unbounded = BeforeValidator(lambda value: None if value in (0, inf, "Infinity") else value)


class Parameters(NullIsDefault):
    """What txt2img and img2img have in common."""

    model_config = ConfigDict(frozen=True)

    prompt: Prompt = ""
    negative_prompt: Prompt = ""
    seed: Seed = Field(-1, description="-1 draws one; each further picture counts it up by one.")
    subseed: Seed = Field(-1, description="Of the variation that `subseed_strength` mixes in.")
    subseed_strength: Share = 0.0
    seed_resize_from_h: Annotated[int, Field(ge=-1, le=MOST_SIDE)] = -1
    seed_resize_from_w: Annotated[int, Field(ge=-1, le=MOST_SIDE)] = -1
    sampler_name: SpeltSampler = Field("Euler", description="Where it is null, `sampler_index` names the sampler.")
    scheduler: SpeltScheduleType = "Automatic"
    steps: int = Field(50, ge=1, le=150)
    cfg_scale: float = Field(7.0, ge=1, le=30)
    width: int = Field(512, ge=LEAST_SIDE, le=2048, multiple_of=8)
    height: int = Field(512, ge=LEAST_SIDE, le=2048, multiple_of=8)
    batch_size: int = Field(1, ge=1, le=16, description="Pictures drawn together.")
    n_iter: int = Field(1, ge=1, le=MOST_PICTURES, description="How many batches, one after another.")
    tiling: bool = False
    eta: Share | None = Field(None, description="Null is the sampler's own: 0 for DDIM, 1 for others that add noise.")
    s_churn: NotNegative = 0.0
    s_tmin: NotNegative = 0.0
    s_tmax: Annotated[NotNegative | None, _Unbounded] = None
    s_noise: NotNegative = 1.0
    disable_extra_networks: bool = Field(False, description="Networks that the prompts name are left out.")
    override_settings: OverrideSettings = OverrideSettings()
    alwayson_scripts: Scripts | None = None

    @model_validator(mode="before")
    @classmethod
    def _read_old_sampler_names(cls, body: Any) -> Any:
        """`sampler_index` is what `sampler_name` once was; "DPM++ 2M Karras" is a sampler with its schedule type."""
        if not isinstance(body, dict):
            return body
        old = choice(str(body.get("sampler_index") or "Euler")).sampler
        known = {"sampler_name": body.get("sampler_name") or body.get("sampler_index")} if is_sampler(old) else {}
        return _apart(body | known, "sampler_name", "scheduler")

    @model_validator(mode="after")
    def _stay_within_bounds(self) -> Self:
        if self.pictures > MOST_PICTURES:
            raise ValueError(
                f"batch_size × n_iter is {self.pictures} pictures; {MOST_PICTURES} is the most that one job draws."
            )
        if len("".join(self.prompts).encode()) > MOST_PROMPT_BYTES:
            raise ValueError(f"The prompts are too long: together at most {MOST_PROMPT_BYTES} bytes.")
        return self

    @property
    def prompts(self) -> list[str]:
        return [self.prompt, self.negative_prompt]

    @property
    def pictures(self) -> int:
        return self.batch_size * self.n_iter

    @property
    def units(self) -> dict[int, Unit]:
        """The ControlNet units that are switched on, by their place among all."""
        units = self.alwayson_scripts.controlnet.args if self.alwayson_scripts else []
        return {place: unit for place, unit in enumerate(units) if unit.enabled}


class Txt2ImgParameters(Parameters):
    """Pictures from a prompt, drawn larger in a second pass where `enable_hr` says so (the WebUI's hires fix)."""

    enable_hr: bool = False
    denoising_strength: Share = Field(0.75, description="Of the second pass.")
    hr_scale: Annotated[float, Field(ge=1, le=8)] = 2.0
    hr_upscaler: SpeltUpscaler = "Latent"
    hr_second_pass_steps: Annotated[int, Field(ge=0, le=150)] = Field(0, description="0: as many as `steps`.")
    hr_resize_x: Pixels = Field(0, description="With `hr_resize_y`, in place of `hr_scale`.")
    hr_resize_y: Pixels = 0
    hr_sampler_name: Annotated[SpeltSampler | None, _SAME] = Field(None, description="Null: as the first pass.")
    hr_scheduler: Annotated[SpeltScheduleType | None, _SAME] = Field(None, description="Null: as the first pass.")
    hr_prompt: Prompt = Field("", description='"": as the first pass.')
    hr_negative_prompt: Prompt = Field("", description='"": as the first pass.')

    @model_validator(mode="before")
    @classmethod
    def _read_old_hr_sampler_names(cls, body: Any) -> Any:
        return _apart(body, "hr_sampler_name", "hr_scheduler") if isinstance(body, dict) else body

    @property
    def prompts(self) -> list[str]:
        return [self.prompt, self.negative_prompt, self.hr_prompt, self.hr_negative_prompt]

    @property
    def hr_enlarged(self) -> tuple[int, int]:
        """Width and height, in pixels, that the first pass's picture is brought to; `hr_size` is what is kept of it.

        SDXL is told of these, and pictures are enlarged to them, though only multiples of eight pixels are drawn.
        """
        width, height, x, y = self.width, self.height, self.hr_resize_x, self.hr_resize_y
        if not x and not y:
            return int(width * self.hr_scale), int(height * self.hr_scale)
        if x * height >= y * width:
            return x, x * height // width
        return y * width // height, y

    @property
    def hr_size(self) -> tuple[int, int]:
        """Width and height of the second pass, in pixels."""
        width, height = self.hr_enlarged
        across, down = width - (self.hr_resize_x or width), height - (self.hr_resize_y or height)
        return _eights(width) - _eights(across), _eights(height) - _eights(down)

    @model_validator(mode="after")
    def _keep_the_second_pass_within_bounds(self) -> Self:
        width, height = self.hr_enlarged
        if self.enable_hr and not LEAST_SIDE <= min(self.hr_size) <= max(width, height) <= MOST_SIDE:
            raise ValueError(
                f"The second pass would be {width}x{height}, of which {self.hr_size[0]}x{self.hr_size[1]} is kept; "
                f"choose hr_scale or hr_resize for {LEAST_SIDE} to {MOST_SIDE} a side."
            )
        return self


class Img2ImgParameters(Parameters):
    """Pictures from pictures. They and the mask are base64 in a request, and names under `inputs/` in a job."""

    init_images: list[str] = Field(
        min_length=1, max_length=16, description="One for all pictures, or one for each of a batch."
    )
    denoising_strength: Share = 0.75
    resize_mode: Literal[0, 1, 2, 3] = Field(
        0, description="0 just resize, 1 crop and resize, 2 resize and fill, 3 just resize (latent upscale)."
    )
    mask: str | None = Field(
        None,
        validation_alias=AliasChoices("mask", "latent_mask"),
        description="White where the picture is to be drawn anew, black where it is to stay.",
    )
    mask_blur_x: Blur = 4
    mask_blur_y: Blur = 4
    inpainting_fill: Literal[0, 1, 2, 3] = Field(
        0, description="What the masked part begins as: 0 its surroundings, 1 itself, 2 noise, 3 nothing."
    )
    inpaint_full_res: bool = Field(True, description="Draw only the masked part, at full size.")
    inpaint_full_res_padding: Annotated[int, Field(ge=0, le=MOST_SIDE)] = 0
    inpainting_mask_invert: Literal[0, 1] = Field(0, description="1: draw what the mask leaves out.")
    initial_noise_multiplier: Annotated[float, Field(ge=0, le=1.5)] = 1.0

    @model_validator(mode="before")
    @classmethod
    def _take_the_mask_by_either_name(cls, body: Any) -> Any:
        """Clients send both, one of them null."""
        if not isinstance(body, dict) or not {"mask", "latent_mask"} <= body.keys():
            return body
        spare = "mask" if body["mask"] is None else "latent_mask"
        return {name: value for name, value in body.items() if name != spare}

    @model_validator(mode="before")
    @classmethod
    def _blur_alike(cls, body: Any) -> Any:
        """`mask_blur` stands for both `_x` and `_y`, at their default. A wrong one is refused by its name."""
        try:
            blur = _BLUR.validate_python(body["mask_blur"])
        except (TypeError, KeyError, ValidationError):
            return body
        both = [name for name in ("mask_blur_x", "mask_blur_y") if body.get(name) in (None, 4)]
        return body | dict.fromkeys(both, blur)

    @model_validator(mode="after")
    def _one_picture_for_all_or_each(self) -> Self:
        if len(self.init_images) not in (1, self.batch_size):
            raise ValueError(f"init_images are {len(self.init_images)}: send one, or batch_size ({self.batch_size}).")
        return self
