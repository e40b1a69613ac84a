"""The whole bodies of the WebUI's txt2img and img2img: which fields are honoured, and when the others are at rest.

Clients send nearly all fields with every order; one that asks for nothing is at rest, each in its own way. Names, types
and defaults are those of the WebUI v1.10; values at rest other than the defaults were seen in its users' payloads.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from shared.controlnet import ControlNet
from shared.known_fields import KnownFields
from shared.overrides import OverrideSettings, Scripts
from shared.parameters import (
    Blur,
    Img2ImgParameters,
    NotNegative,
    Parameters,
    Pixels,
    Share,
    Txt2ImgParameters,
)
from shared.samplers import OWN_LEVELS, OWN_TIMESTEPS, SpeltSampler, automatic, choice
from shared.suggestions import did_you_mean
from shared.tables.models import stem

# At rest with one of these values. Fields that are not here belong to one that is (`hr_scale` to `enable_hr`), or are
# about how a WebUI files and answers its pictures: here all are kept and answered by links.
_AT_REST: Mapping[str, tuple[Any, ...]] = {
    "firstpass_image": (None, ""),
    "firstphase_height": (None, 0),
    "firstphase_width": (None, 0),
    "hr_checkpoint_name": (None, "", "Use same checkpoint"),
    "image_cfg_scale": (None, 0, 1.5),
    "infotext": (None, ""),
    "refiner_checkpoint": (None, "", "None"),
    "restore_faces": (None, False),
    "s_min_uncond": (None, 0),
    "script_name": (None, "", "None"),
    "styles": (None, []),
}

_CHECKPOINT = "sd_model_checkpoint"
_REPEATING = ("sampler", "seed")  # the WebUI's own: they hold fields of its page, and its API does not run them


class OtherFields(BaseModel):
    """Taken and checked, so that typos are reported; then left out, with a warning if they ask for something."""

    model_config = ConfigDict(frozen=True)

    comments: dict[str, Any] | None = None
    do_not_save_grid: bool | None = None
    do_not_save_samples: bool | None = None
    firstpass_image: str | None = None
    firstphase_height: Pixels | None = None
    firstphase_width: Pixels | None = None
    force_task_id: str | None = None
    hr_checkpoint_name: str | None = None
    infotext: str | None = None
    override_settings_restore_afterwards: bool | None = None
    refiner_checkpoint: str | None = None
    refiner_switch_at: Share | None = None
    restore_faces: bool | None = None
    s_min_uncond: NotNegative | None = None
    sampler_index: Annotated[SpeltSampler | None, BeforeValidator(lambda name: choice(str(name or "")).sampler)] = None
    save_images: bool | None = None
    script_args: list[Any] | None = None
    script_name: str | None = None
    send_images: bool | None = None
    styles: list[str] | None = None

    def unheeded(self) -> Iterator[str]:
        """A sentence for each of these fields that asks for something."""
        for name, at_rest in _AT_REST.items():
            value = getattr(self, name, None)
            if value is not None and value not in at_rest:
                yield _not_honoured(repr(name))


class Txt2Img(KnownFields, Txt2ImgParameters, OtherFields):
    """The whole body that the WebUI's own `/sdapi/v1/txt2img` takes."""

    __pydantic_extra__: dict[Annotated[str, AfterValidator(lambda name: _refuse(name, Txt2Img))], Any]

    def honoured(self) -> Txt2ImgParameters:
        """The fields that shape the picture, without those that `warnings` speaks of."""
        return Txt2ImgParameters.model_construct(**_honoured(self, Txt2ImgParameters))


class Img2Img(KnownFields, Img2ImgParameters, OtherFields):
    """The whole body that the WebUI's own `/sdapi/v1/img2img` takes."""

    __pydantic_extra__: dict[Annotated[str, AfterValidator(lambda name: _refuse(name, Img2Img))], Any]

    image_cfg_scale: NotNegative | None = None
    include_init_images: bool | None = None
    mask_blur: Blur | None = None

    def honoured(self) -> Img2ImgParameters:
        """The fields that shape the picture, without those that `warnings` speaks of."""
        return Img2ImgParameters.model_construct(**_honoured(self, Img2ImgParameters))


def warnings(body: Txt2Img | Img2Img, checkpoint: str) -> list[str]:
    """A sentence for everything that was asked for and will not be honoured in an order of that checkpoint."""
    settings = body.override_settings.model_extra or {}
    scripts = (body.alwayson_scripts.model_extra if body.alwayson_scripts else None) or {}
    return [
        *body.unheeded(),
        *_unheeded_schedules(body),
        *_unheeded_settings(settings, checkpoint),
        *(_not_honoured(f"The script {name[:100]!r}") for name, script in scripts.items() if not _is_off(name, script)),
    ]


def _unheeded_schedules(body: Txt2Img | Img2Img) -> Iterator[str]:
    sampler = body.sampler_name
    if body.scheduler in ("Automatic", automatic(sampler)):
        return
    if sampler in OWN_TIMESTEPS:
        yield f"'scheduler' has no effect with {sampler}, whose timesteps are its own, as in the WebUI."
    if sampler in OWN_LEVELS and isinstance(body, Txt2Img):
        yield f"'scheduler' chooses no noise levels for {sampler}, which has its own in txt2img, as in the WebUI."


def _unheeded_settings(settings: Mapping[str, Any], checkpoint: str) -> Iterator[str]:
    for name, value in settings.items():
        if name != _CHECKPOINT and value is not None:
            yield _not_honoured(repr(f"override_settings.{name[:100]}"))
        elif value and stem(str(value)) != stem(checkpoint):
            yield f"'override_settings.{name}' is not honoured; the pictures are drawn with {checkpoint!r}, as ordered."


def _honoured(body: Txt2Img | Img2Img, parameters: type[Parameters]) -> dict[str, Any]:
    fields = {name: getattr(body, name) for name in parameters.model_fields}
    settings = {name: getattr(body.override_settings, name) for name in OverrideSettings.model_fields}
    units = list(body.units.values())
    return fields | {
        "override_settings": OverrideSettings.model_construct(**settings),
        "alwayson_scripts": Scripts(controlnet=ControlNet(args=units)) if units else None,
    }


def _not_honoured(what: str) -> str:
    return f"{what} is not honoured by this endpoint; the pictures are drawn without it."


def _refuse(name: str, body: type[BaseModel]) -> str:
    other: type[BaseModel] = Img2Img if body is Txt2Img else Txt2Img
    if name in other.model_fields:
        raise ValueError(f"This is a field of {other.__name__.lower()}: leave it out, or order that `task`.")
    near = did_you_mean(name, body.model_fields)
    raise ValueError(f"The WebUI's {body.__name__.lower()} has no such field.{near}")


def _is_off(name: str, script: Any) -> bool:
    """Scripts are switched off each in its own way: no arguments, or a first one that says so."""
    arguments = script.get("args", []) if isinstance(script, dict) else script
    return name.lower() in _REPEATING or not arguments or (isinstance(arguments, list) and arguments[0] is False)
