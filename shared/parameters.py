"""What a picture is ordered with: the body of the WebUI's own `/sdapi/v1/txt2img`, read and checked."""

from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field, model_validator

from shared.controlnet import ControlNet, Unit
from shared.suggestions import did_you_mean
from shared.webui import OtherFields, unheeded_scripts

Sampler = Literal["Euler a", "Euler", "DPM++ 2M", "DDIM"]
SAMPLERS: tuple[Sampler, ...] = get_args(Sampler)

MOST_PICTURES = 100
MOST_PROMPT_BYTES = 12_000  # of both prompts: a job's record holds them and stays under 32 KB


def _whole(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("It holds half a character (a lone surrogate).") from None
    return text


Text = Annotated[str, AfterValidator(_whole)]  # JSON can spell what is no text, and what no store takes


class Scripts(BaseModel):
    """ControlNet; other scripts are taken, and warned of where they are switched on."""

    model_config = ConfigDict(extra="allow", frozen=True)

    controlnet: ControlNet = Field(ControlNet(), validation_alias=AliasChoices("controlnet", "ControlNet"))


class Parameters(BaseModel):
    """The WebUI's txt2img fields that this endpoint honours, with the WebUI's names, meanings and defaults."""

    model_config = ConfigDict(frozen=True)

    prompt: Text = ""
    negative_prompt: Text = ""
    seed: int = Field(-1, ge=-1, lt=2**32, description="-1 draws one; each further picture counts it up by one.")
    sampler_name: Sampler | None = Field(None, description="Where it is null, `sampler_index` names the sampler.")
    sampler_index: Sampler = "Euler"
    steps: int = Field(50, ge=1, le=150)
    cfg_scale: float = Field(7.0, ge=1, le=30)
    width: int = Field(512, ge=64, le=2048, multiple_of=8)
    height: int = Field(512, ge=64, le=2048, multiple_of=8)
    batch_size: int = Field(1, ge=1, le=16, description="Pictures drawn together.")
    alwayson_scripts: Scripts | None = None
    n_iter: int = Field(1, ge=1, le=MOST_PICTURES, description="How many batches, one after another.")

    @model_validator(mode="after")
    def _stay_within_bounds(self) -> Self:
        if self.pictures > MOST_PICTURES:
            raise ValueError(
                f"batch_size × n_iter is {self.pictures} pictures; {MOST_PICTURES} is the most that one job draws."
            )
        if len((self.prompt + self.negative_prompt).encode()) > MOST_PROMPT_BYTES:
            raise ValueError(f"prompt and negative_prompt are too long: together at most {MOST_PROMPT_BYTES} bytes.")
        return self

    @property
    def sampler(self) -> Sampler:
        return self.sampler_name or self.sampler_index

    @property
    def pictures(self) -> int:
        return self.batch_size * self.n_iter

    @property
    def units(self) -> dict[int, Unit]:
        """The ControlNet units that are switched on, by their place among all."""
        units = self.alwayson_scripts.controlnet.args if self.alwayson_scripts else []
        return {place: unit for place, unit in enumerate(units) if unit.enabled}

    def with_units(self, units: list[Unit]) -> "Parameters":
        """The same, with other ControlNet units."""
        return self.model_copy(update={"alwayson_scripts": _with_units(units)})


def _refuse_field(name: str) -> str:
    raise ValueError(f"The WebUI's txt2img has no such field.{did_you_mean(name, Txt2Img.model_fields)}")


class Txt2Img(Parameters, OtherFields):
    """The whole body that the WebUI's own `/sdapi/v1/txt2img` takes."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[Annotated[str, AfterValidator(_refuse_field)], Any]

    def honoured(self) -> Parameters:
        """The fields that shape the picture, without those that `warnings` speaks of."""
        fields = {name: getattr(self, name) for name in Parameters.model_fields}
        return Parameters.model_construct(**fields).with_units([*self.units.values()])

    def warnings(self) -> list[str]:
        """A sentence for everything that was asked for and will not be honoured."""
        scripts = (self.alwayson_scripts.model_extra if self.alwayson_scripts else None) or {}
        return [*self.unheeded(), *unheeded_scripts(scripts)]


def _with_units(units: list[Unit]) -> Scripts | None:
    return Scripts(controlnet=ControlNet(args=units)) if units else None
