"""What kind of model a file holds, and of which base, by the names and shapes of its tensors.

The names are those that the container loads by; what is not known here is left to it.
"""

from collections.abc import Collection, Mapping

from lambdas.models.headers import Tensor, Unusable
from shared.contents import Base
from shared.shapes import ModelType

_CONTROLNETS = ("control_model.", "input_hint_block.0.", "controlnet_cond_embedding.")
_LORA_PARTS = (".lora_down.", ".lora_up.", ".lora_A.", ".lora_B.", ".lora.down.", ".lora.up.", ".hada_w", ".lokr_w")
_INVERSIONS = {"emb_params", "clip_l", "clip_g"}
_VAE_LAYER = "decoder.conv_in.weight"
# How tensors' names begin in files that are taken for a checkpoint of Stable Diffusion; the first that fits.
_OTHER_CHECKPOINTS = {
    "model.diffusion_model.joint_blocks.": "a Stable Diffusion 3 checkpoint",
    "model.diffusion_model.double_blocks.": "a Flux checkpoint",
    "double_blocks.": "a Flux model",
    "conditioner.embedders.0.model.": "an SDXL refiner",
    "edm_": "a checkpoint trained for EDM sampling",
}
_ARTICLES = {ModelType.LORA: "a LoRA", ModelType.CONTROLNET: "a ControlNet", ModelType.VAE: "a VAE"}

# How wide the text is that each base reads; 32 is the demo's, which is built like SD 1.x.
_WIDTHS = {32: Base.SD1, 768: Base.SD1, 1024: Base.SD2, 2048: Base.SDXL}
_SDXL_LORA = ("lora_te1_", "lora_te2_")


def require(type: ModelType, names: Collection[str]) -> None:
    """Raises Unusable where the tensors of a file are surely those of another kind than its type."""
    found = _kind(names)
    if found and found is not type:
        raise Unusable(
            f"The file is {_called(found)}, not {_called(type)}. Delete it and upload it with the type {found}."
        )
    if type is ModelType.CHECKPOINT:
        for beginning, kind in _OTHER_CHECKPOINTS.items():
            if any(name.startswith(beginning) for name in names):
                raise Unusable(f"The file is {kind}. Choose one of Stable Diffusion 1.x, 2.x or SDXL.")


def base(type: ModelType, tensors: Mapping[str, Tensor]) -> Base | None:
    """None where the file does not tell, or tells of a base that is not known."""
    match type:
        case ModelType.CHECKPOINT | ModelType.CONTROLNET:
            return _by_width(tensors, "attn2.to_k.weight")
        case ModelType.LORA if any(name.startswith(_SDXL_LORA) for name in tensors):
            return Base.SDXL
        case ModelType.LORA:
            found = _by_width(tensors, "attn2_to_k.lora_down.weight")
            return found or _by_width(tensors, "0_mlp_fc1.lora_down.weight")
        case ModelType.TEXTUAL_INVERSION if {"clip_l", "clip_g"} <= tensors.keys():
            return Base.SDXL
        case ModelType.TEXTUAL_INVERSION:
            return _by_width(tensors, "emb_params")
    return None


def _kind(names: Collection[str]) -> ModelType | None:
    """The first controlnets hold the checkpoint too that they were trained with, so they are looked for first."""
    if any(name.startswith((*_CONTROLNETS, "lora_controlnet")) for name in names):
        return ModelType.CONTROLNET
    if any(name.startswith("lora_") or any(part in name for part in _LORA_PARTS) for name in names):
        return ModelType.LORA
    if any(name.startswith("model.diffusion_model.") for name in names):
        return ModelType.CHECKPOINT
    if _VAE_LAYER in names or f"first_stage_model.{_VAE_LAYER}" in names:
        return ModelType.VAE
    return ModelType.TEXTUAL_INVERSION if set(names) <= _INVERSIONS else None


def _by_width(tensors: Mapping[str, Tensor], layer: str) -> Base | None:
    widths = (each.shape[-1] for name, each in tensors.items() if name.endswith(layer) and each.shape)
    return _WIDTHS.get(next(widths, 0))


def _called(type: ModelType) -> str:
    return _ARTICLES.get(type) or f"a {type.replace('_', ' ')}"
