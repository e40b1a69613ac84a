"""What a picture is ordered with: the body of the WebUI's own `/sdapi/v1/txt2img`, read and checked."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from shared.suggestions import did_you_mean

Sampler = Literal["Euler a", "Euler", "DPM++ 2M", "DDIM"]
SAMPLERS: tuple[Sampler, ...] = get_args(Sampler)

MOST_PICTURES = 100
MOST_BYTES = 16_000  # of all parameters as JSON: a job's record holds them and stays under 32 KB

# Fields that the WebUI takes and this endpoint does not honour, with the WebUI's defaults (v1.10). Clients send
# nearly all of them with every order; one that differs from its default becomes a warning on the job.
NOT_HONOURED: dict[str, Any] = {
    "alwayson_scripts": {},
    "comments": None,
    "denoising_strength": None,
    "disable_extra_networks": False,
    "do_not_save_grid": False,
    "do_not_save_samples": False,
    "enable_hr": False,
    "eta": None,
    "firstpass_image": None,
    "firstphase_height": 0,
    "firstphase_width": 0,
    "force_task_id": None,
    "hr_checkpoint_name": None,
    "hr_negative_prompt": "",
    "hr_prompt": "",
    "hr_resize_x": 0,
    "hr_resize_y": 0,
    "hr_sampler_name": None,
    "hr_scale": 2.0,
    "hr_scheduler": None,
    "hr_second_pass_steps": 0,
    "hr_upscaler": None,
    "infotext": None,
    "override_settings": None,
    "override_settings_restore_afterwards": True,
    "refiner_checkpoint": None,
    "refiner_switch_at": None,
    "restore_faces": None,
    "s_churn": None,
    "s_min_uncond": None,
    "s_noise": None,
    "s_tmax": None,
    "s_tmin": None,
    "save_images": False,
    "scheduler": None,
    "script_args": [],
    "script_name": None,
    "seed_resize_from_h": -1,
    "seed_resize_from_w": -1,
    "send_images": True,
    "styles": None,
    "subseed": -1,
    "subseed_strength": 0,
    "tiling": None,
}


def _whole(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("It holds half a character (a lone surrogate).") from None
    return text


Text = Annotated[str, AfterValidator(_whole)]  # JSON can spell what is no text, and what no store takes


def _of_the_webui(name: str) -> str:
    if name not in NOT_HONOURED:
        known = [*Parameters.model_fields, *NOT_HONOURED]
        raise ValueError(f"The WebUI's txt2img has no such field.{did_you_mean(name, known)}")
    return name


class Parameters(BaseModel):
    """The WebUI's txt2img fields that this endpoint honours, with the WebUI's names, meanings and defaults."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[Annotated[str, AfterValidator(_of_the_webui)], Any]

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
    n_iter: int = Field(1, ge=1, le=MOST_PICTURES, description="How many batches, one after another.")

    @model_validator(mode="after")
    def _stay_within_bounds(self) -> Self:
        if self.pictures > MOST_PICTURES:
            raise ValueError(
                f"batch_size × n_iter is {self.pictures} pictures; {MOST_PICTURES} is the most that one job draws."
            )
        if len(self.honoured().model_dump_json().encode()) > MOST_BYTES:
            raise ValueError(f"prompt and negative_prompt are too long: together at most {MOST_BYTES} bytes.")
        return self

    @property
    def sampler(self) -> Sampler:
        return self.sampler_name or self.sampler_index

    @property
    def pictures(self) -> int:
        return self.batch_size * self.n_iter

    def honoured(self) -> "Parameters":
        """Only the fields that shape the picture, without those that `warnings` speaks of."""
        return Parameters.model_construct(**{name: getattr(self, name) for name in type(self).model_fields})

    def warnings(self) -> Iterator[str]:
        """A sentence for every field that was asked for and will not be honoured."""
        for name, value in (self.model_extra or {}).items():
            if value != NOT_HONOURED[name]:
                yield f"'{name}' is not honoured by this endpoint; the pictures are drawn without it."
