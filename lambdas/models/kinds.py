"""What kind of model a file holds, and of which base, by the names and shapes of its tensors."""

from collections.abc import Collection, Mapping

from lambdas.models.headers import Unusable
from shared.contents import TEXT_WIDTHS, Base
from shared.kinds import (
    CHOOSE_A_CHECKPOINT,
    CHOOSE_A_CONTROLNET,
    CHOOSE_A_HYPERNETWORK,
    CHOOSE_A_LORA,
    CHOOSE_A_VAE,
    DIFFUSERS_LORA,
    NO_HYPERNETWORK,
    Shapes,
    controlnet_part,
    is_adapter,
    lora_base,
    no_checkpoint,
    no_controlnet,
    no_lora,
    no_vae,
)
from shared.shapes import ModelType

_CONTROLNETS = ("control_model.", "input_hint_block.0.", "controlnet_cond_embedding.", "controlnet_blocks.")
_LORA_PARTS = (".lora_down.", ".lora_up.", ".hada_w", ".lokr_w", ".oft_", ".dora_scale", *DIFFUSERS_LORA)
_INVERSIONS = {"emb_params", "clip_l", "clip_g"}
_VAE_LAYER = "decoder.conv_in.weight"
_ARTICLES = {ModelType.LORA: "a LoRA", ModelType.CONTROLNET: "a ControlNet", ModelType.VAE: "a VAE"}
_WAYS_OUT = {
    ModelType.CHECKPOINT: CHOOSE_A_CHECKPOINT,
    ModelType.CONTROLNET: CHOOSE_A_CONTROLNET,
    ModelType.LORA: CHOOSE_A_LORA,
    ModelType.VAE: CHOOSE_A_VAE,
    ModelType.HYPERNETWORK: CHOOSE_A_HYPERNETWORK,
}
_WIDTHS = TEXT_WIDTHS | {32: Base.SD1}  # the demo's, which is built like SD 1.x


def require(type: ModelType, shapes: Shapes) -> None:
    """Raises Unusable if a file is certainly not of its type, or is of a kind that nothing draws with."""
    found = _kind(shapes) or type
    if strange := _strange(found, shapes):
        raise Unusable(f"The file is {strange}. {_WAYS_OUT.get(type, 'Choose another file.')}")
    if found is not type:
        raise Unusable(
            f"The file is {_called(found)}, not {_called(type)}. Delete it and upload it with the type {found}."
        )


def base(type: ModelType, shapes: Shapes) -> Base | None:
    """The model's base; None if the file does not tell, or it is an unknown one."""
    match type:
        case ModelType.CHECKPOINT | ModelType.CONTROLNET:
            return _by_width(shapes, "attn2.to_k.weight")
        case ModelType.LORA:
            made_for = lora_base(shapes)
            return made_for if isinstance(made_for, Base) else _by_width(shapes, "attn2_to_k.lora_down.weight")
        case ModelType.TEXTUAL_INVERSION if {"clip_l", "clip_g"} <= shapes.keys():
            return Base.SDXL
        case ModelType.TEXTUAL_INVERSION:
            return _by_width(shapes, "emb_params")
    return None


def _kind(names: Collection[str]) -> ModelType | None:
    """ControlNets are looked for first, since early ones also hold the checkpoint that they were trained with."""
    if any(name.startswith(_CONTROLNETS) for name in names) or is_adapter(names):
        return ModelType.CONTROLNET
    if any(name.startswith("lora_") or any(part in name for part in _LORA_PARTS) for name in names):
        return ModelType.LORA
    if any(name.startswith("model.diffusion_model.") for name in names):
        return ModelType.CHECKPOINT
    if _VAE_LAYER in names or f"first_stage_model.{_VAE_LAYER}" in names:
        return ModelType.VAE
    return ModelType.TEXTUAL_INVERSION if set(names) <= _INVERSIONS else None


def _strange(type: ModelType, shapes: Shapes) -> str | None:
    """What a file is that looks like one of that type but can't be drawn with; None if it can."""
    match type:
        case ModelType.CHECKPOINT:
            return no_checkpoint(shapes)
        case ModelType.CONTROLNET:
            return no_controlnet(controlnet_part(shapes))
        case ModelType.LORA:
            made_for = lora_base(shapes)
            return no_lora(shapes) or (f"a LoRA for {made_for}" if made_for and made_for not in [*Base] else None)
        case ModelType.VAE:
            return no_vae(shapes)
        case ModelType.HYPERNETWORK:
            return NO_HYPERNETWORK
    return None


def _by_width(shapes: Mapping[str, Collection[int]], layer: str) -> Base | None:
    widths = ([*shape][-1] for name, shape in shapes.items() if name.endswith(layer) and shape)
    return _WIDTHS.get(next(widths, 0))


def _called(type: ModelType) -> str:
    return _ARTICLES.get(type) or f"a {type.replace('_', ' ')}"
