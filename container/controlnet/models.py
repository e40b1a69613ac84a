"""ControlNets as files: the original's layout ("LDM") or diffusers', with Stable Diffusion 1.x, 2.x and SDXL."""

from collections.abc import Mapping
from pathlib import Path

import torch
from diffusers import ControlNetModel, UNet2DConditionModel
from torch import Tensor

from container import tensors
from container.controlnet.names import control_name
from container.loading import Place, WrongTensor, filled
from container.tensors import UnusableFile
from shared.contents import TEXT_WIDTHS
from shared.kinds import CHOOSE_A_CONTROLNET, controlnet_part, no_controlnet

_BASES: Mapping[int, str] = TEXT_WIDTHS | {32: "the tiny demo model"}
_TEXT_LAYER = "attn2.to_k.weight"  # its width is the text encoder's, which tells the bases apart


class UnusableControlNet(UnusableFile):
    """A file that cannot guide pictures of the chosen checkpoint."""


def load(path: Path, name: str, unet: UNet2DConditionModel) -> ControlNetModel:
    """The ControlNet in a `.safetensors` file, made to guide `unet`: in its dtype and on its device.

    `name` is the model's, for errors; it also tells shuffle models, which guide by averages over the whole picture.
    Raises UnusableFile for a file that is damaged, UnusableControlNet for another kind of model or one for another
    base.
    """
    subject = f"The ControlNet {name!r}"
    found = _control_part(tensors.read(path, subject))
    _check_kind(found, subject)
    _check_base(found, subject, unet.config.cross_attention_dim)
    with torch.device("meta"):
        empty = ControlNetModel.from_unet(unet, load_weights_from_unet=False)
    empty.register_to_config(global_pool_conditions="shuffle" in name.lower())
    try:
        return filled(empty, lambda key: found[key if key in found else control_name(key)], Place.of(unet))
    except WrongTensor as error:
        raise UnusableControlNet(
            f"{subject} is incomplete, or smaller or larger than the checkpoint's UNet: {error}. "
            "Choose a full-size ControlNet of the checkpoint's base, or upload this one again."
        ) from error


def _control_part(named: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Without the checkpoint that the first ControlNets were published with."""
    return {own: named[key] for own, key in controlnet_part(named).items()}


def _check_kind(found: Mapping[str, Tensor], subject: str) -> None:
    if kind := no_controlnet(found):
        raise UnusableControlNet(f"{subject} can't be used: the file is {kind}. {CHOOSE_A_CONTROLNET}")


def _check_base(found: Mapping[str, Tensor], subject: str, width: int) -> None:
    made_for = next((tensor.shape[1] for key, tensor in found.items() if key.endswith(_TEXT_LAYER)), width)
    if made_for != width:
        raise UnusableControlNet(
            f"{subject} was made for {base(made_for)}, and the checkpoint is {base(width)}. "
            "Choose a ControlNet or a checkpoint of the same base."
        )


def base(width: int) -> str:
    return _BASES.get(width, f"a model whose text is {width} wide")
