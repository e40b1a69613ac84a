"""The fields of the WebUI's txt2img body that this endpoint does not honour, and when such a field asks for nothing.

Clients send nearly all fields with every order, each at rest in its own way. Names and defaults are those of the WebUI
v1.10; what is at rest besides its default was seen in payloads of the WebUI's users.
"""

from collections.abc import Iterator, Mapping
from math import inf
from typing import Any

# At rest with one of these values.
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

# At rest as long as the field that they belong to is.
_BELONGS_TO: Mapping[str, str] = {
    "denoising_strength": "enable_hr",
    "firstphase_height": "enable_hr",
    "firstphase_width": "enable_hr",
    "hr_checkpoint_name": "enable_hr",
    "hr_negative_prompt": "enable_hr",
    "hr_prompt": "enable_hr",
    "hr_resize_x": "enable_hr",
    "hr_resize_y": "enable_hr",
    "hr_sampler_name": "enable_hr",
    "hr_scale": "enable_hr",
    "hr_scheduler": "enable_hr",
    "hr_second_pass_steps": "enable_hr",
    "hr_upscaler": "enable_hr",
    "refiner_switch_at": "refiner_checkpoint",
    "script_args": "script_name",
    "subseed": "subseed_strength",
}

# How a WebUI files and answers its pictures; here all are kept and answered by links.
_NOT_ABOUT_THE_PICTURE = (
    "comments",
    "disable_extra_networks",
    "do_not_save_grid",
    "do_not_save_samples",
    "force_task_id",
    "override_settings_restore_afterwards",
    "save_images",
    "send_images",
)

FIELDS = frozenset([*_AT_REST, *_BELONGS_TO, *_NOT_ABOUT_THE_PICTURE])


def warnings(fields: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for everything that the fields ask for, since none of it is honoured."""
    for name, value in fields.items():
        if name in _AT_REST and value not in _AT_REST[name]:
            yield f"'{name}' is not honoured by this endpoint; the pictures are drawn without it."


def script_warnings(scripts: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for every one of these always-on scripts that is switched on."""
    for name, script in scripts.items():
        if not _is_off(script):
            yield f"The script {name[:100]!r} is not honoured by this endpoint; the pictures are drawn without it."


def _is_off(script: Any) -> bool:
    """Scripts are switched off each in its own way: no arguments, or a first one that says so."""
    arguments = script.get("args", []) if isinstance(script, dict) else script
    return not arguments or (isinstance(arguments, list) and arguments[0] is False)
