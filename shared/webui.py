"""The fields of the WebUI's txt2img body that this endpoint does not honour, and when such a field asks for nothing.

Clients send nearly all fields with every order, each at rest in its own way. Names, types and defaults are those of the
WebUI v1.10; what is at rest besides its default was seen in payloads of the WebUI's users.
"""

from collections.abc import Iterator, Mapping
from math import inf
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
NotNegative = Annotated[float, Field(ge=0)]
Pixels = Annotated[int, Field(ge=0, le=16_384)]

# At rest with one of these values. Fields that are not here belong to one that is (`hr_scale` to `enable_hr`), or are
# about how a WebUI files and answers its pictures: here all are kept and answered by links.
_AT_REST: Mapping[str, tuple[Any, ...]] = {
    "enable_hr": (False, None),
    "eta": (None, 0),
    "firstpass_image": (None,),
    "infotext": (None, ""),
    "override_settings": (None, {}),
    "refiner_checkpoint": (None, "", "None"),
    "restore_faces": (None, False),
    "s_churn": (None, 0),
    "s_min_uncond": (None, 0),
    "s_noise": (None, 1),
    "s_tmax": (None, 0, inf),
    "s_tmin": (None, 0),
    "scheduler": (None, "", "Automatic"),
    "script_name": (None, "", "None"),
    "seed_resize_from_h": (-1, 0, None),
    "seed_resize_from_w": (-1, 0, None),
    "styles": (None, []),
    "subseed_strength": (0, None),
    "tiling": (None, False),
}


class OtherFields(BaseModel):
    """Taken and checked, so that a slip of the finger is told; then left out, with a warning where they ask."""

    model_config = ConfigDict(frozen=True)

    comments: dict[str, Any] | None = None
    denoising_strength: Share | None = None
    disable_extra_networks: bool | None = None
    do_not_save_grid: bool | None = None
    do_not_save_samples: bool | None = None
    enable_hr: bool | None = None
    eta: Share | None = None
    firstpass_image: str | None = None
    firstphase_height: Pixels | None = None
    firstphase_width: Pixels | None = None
    force_task_id: str | None = None
    hr_checkpoint_name: str | None = None
    hr_negative_prompt: str | None = None
    hr_prompt: str | None = None
    hr_resize_x: Pixels | None = None
    hr_resize_y: Pixels | None = None
    hr_sampler_name: str | None = None
    hr_scale: NotNegative | None = None
    hr_scheduler: str | None = None
    hr_second_pass_steps: Annotated[int, Field(ge=0, le=150)] | None = None
    hr_upscaler: str | None = None
    infotext: str | None = None
    override_settings: dict[str, Any] | None = None
    override_settings_restore_afterwards: bool | None = None
    refiner_checkpoint: str | None = None
    refiner_switch_at: Share | None = None
    restore_faces: bool | None = None
    s_churn: NotNegative | None = None
    s_min_uncond: NotNegative | None = None
    s_noise: NotNegative | None = None
    s_tmax: NotNegative | None = None
    s_tmin: NotNegative | None = None
    save_images: bool | None = None
    scheduler: str | None = None
    script_args: list[Any] | None = None
    script_name: str | None = None
    seed_resize_from_h: Annotated[int, Field(ge=-1, le=16_384)] | None = None
    seed_resize_from_w: Annotated[int, Field(ge=-1, le=16_384)] | None = None
    send_images: bool | None = None
    styles: list[str] | None = None
    subseed: Annotated[int, Field(ge=-1, lt=2**32)] | None = None
    subseed_strength: Share | None = None
    tiling: bool | None = None

    def unheeded(self) -> Iterator[str]:
        """A sentence for each of these fields that asks for something."""
        for name, at_rest in _AT_REST.items():
            value = getattr(self, name)
            if value is not None and value not in at_rest:
                yield f"'{name}' is not honoured by this endpoint; the pictures are drawn without it."


def unheeded_scripts(scripts: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for every one of these always-on scripts that is switched on."""
    for name, script in scripts.items():
        if not _is_off(script):
            yield f"The script {name[:100]!r} is not honoured by this endpoint; the pictures are drawn without it."


def _is_off(script: Any) -> bool:
    """Scripts are switched off each in its own way: no arguments, or a first one that says so."""
    arguments = script.get("args", []) if isinstance(script, dict) else script
    return not arguments or (isinstance(arguments, list) and arguments[0] is False)
