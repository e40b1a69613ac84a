"""What a file is that can't be drawn with, by the names and shapes of its tensors.

The check of a new file and the container that loads it ask here, so that both refuse the same, in the same words.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from shared.contents import TEXT_WIDTHS, Base

Shapes = Mapping[str, Sequence[int]]  # of a file's tensors, by their names

FIRST_LAYER = "model.diffusion_model.input_blocks.0.0.weight"
NO_CHECKPOINT = "no checkpoint that can be loaded"
CHOOSE_A_CHECKPOINT = (
    "Choose a Stable Diffusion 1.x, 2.x or SDXL text-to-image checkpoint with its VAE inside, as one .safetensors file."
)
CHOOSE_A_CONTROLNET = "Choose a ControlNet for Stable Diffusion 1.x, 2.x or SDXL, as one .safetensors file."
CHOOSE_A_LORA = "Choose another LoRA."
CHOOSE_A_VAE = "Choose one in the layout of the original, which the WebUI loads."
NO_HYPERNETWORK = "no .pt file as the WebUI writes them"
CHOOSE_A_HYPERNETWORK = "Upload the .pt file that the WebUI wrote."

_NO_CHECKPOINTS = {  # how tensors' names begin in files that are mistaken for a checkpoint; the first that fits counts
    "lora_": "a LoRA",
    "control_model.": "a ControlNet",
    "model.diffusion_model.joint_blocks.": "a Stable Diffusion 3 checkpoint",
    "model.diffusion_model.double_blocks.": "a Flux checkpoint",
    "double_blocks.": "a Flux model",
    "transformer_blocks.": "a transformer in diffusers' layout, such as Flux or Stable Diffusion 3",
    "single_transformer_blocks.": "a transformer in diffusers' layout, such as Flux",
    "conditioner.embedders.0.model.": "an SDXL refiner",
    "edm_": "a checkpoint trained for EDM sampling",
    "down_blocks.": "a UNet in diffusers' layout",
    "text_model.": "a text encoder",
    "encoder.": "a VAE",
}
_CHANNELS = {8: "an InstructPix2Pix checkpoint", 9: "an inpainting checkpoint"}

_ADAPTERS = {  # parts of tensors' names in files that guide a picture but are no ControlNet; the first found counts
    "lora_controlnet": "a Control-LoRA",
    "lllite_": "a ControlNet-LLLite",
    "ip_adapter.": "an IP-Adapter",
    "image_proj.": "an IP-Adapter",
    "task_embedding": "a ControlNet union, which is told its task",
    "control_add_embedding": "a ControlNet union, which is told its task",
    "body.0.": "a T2I-Adapter",
}
_CONTROLNET = "control_model."
_DIFFERENCE = "difference"  # an empty tensor that marks such files
_NO_CONTROLNETS = _ADAPTERS | {
    "motion_modules.": "a SparseCtrl",
    _DIFFERENCE: "the difference between a ControlNet and a checkpoint",
    "model.diffusion_model.": "a checkpoint",
    "lora_unet_": "a LoRA",
    "controlnet_blocks.": "a ControlNet of another kind of model, such as Flux",
}
_HINTS = {"input_hint_block.0.weight", "controlnet_cond_embedding.conv_in.weight"}

_LORA = {"lora_down.weight", "lora_up.weight", "alpha"}
_OTHER_METHODS = {  # how tensors' names begin in files that are no LoRA
    "hada_": "a LoHa",
    "lokr_": "a LoKr",
    "dora_scale": "a DoRA",
    "oft_": "an OFT",
    "lora_mid": "a LoCon with a Tucker decomposition",
    "diff": "a difference of whole weights",
}
# Other spellings of a LoRA's two matrices: PEFT's, and diffusers' before that.
DIFFUSERS_LORA = (".lora_A.", ".lora_B.", ".lora.down.", ".lora.up.", "_lora.down.", "_lora.up.", ".lora_linear_layer.")
_DIFFUSERS_VAE = ("decoder.up_blocks.", "encoder.down_blocks.")
_MOST_PARTS = 5
# How the names of LoRAs' layers begin, where that tells what they were made for.
_LORAS_OF = {
    "lora_te1_": Base.SDXL,
    "lora_te2_": Base.SDXL,
    "lora_unet_double_blocks_": "Flux",
    "lora_unet_joint_blocks_": "Stable Diffusion 3",
    "lora_transformer_": "a transformer such as Flux or Stable Diffusion 3",
}
_TEXT_LAYERS = ("attn2_to_k.lora_down", "0_mlp_fc1.lora_down")


def is_adapter(names: Collection[str]) -> bool:
    """Whether it guides a picture but is no ControlNet."""
    return _holding(_ADAPTERS, names) is not None


def no_checkpoint(shapes: Shapes) -> str | None:
    """What a file is, such as "a LoRA", if it is no checkpoint that can be drawn with; None if it is one."""
    kinds = (kind for beginning, kind in _NO_CHECKPOINTS.items() if any(name.startswith(beginning) for name in shapes))
    if known := next(kinds, None) or _holding(_ADAPTERS, shapes):
        return known
    if not any(name.startswith("model.diffusion_model.") for name in shapes):
        return NO_CHECKPOINT
    if FIRST_LAYER in shapes and not any(name.startswith("first_stage_model.decoder.") for name in shapes):
        return "a checkpoint without its VAE"
    return _CHANNELS.get([*shapes.get(FIRST_LAYER, ()), 0, 0][1])


def no_controlnet(names: Collection[str]) -> str | None:
    """What a file is, such as "a T2I-Adapter", if it is no ControlNet; without the checkpoint that it may come with."""
    return _holding(_NO_CONTROLNETS, names) or (None if _HINTS & {*names} else "of a kind that is not known")


def controlnet_part(names: Iterable[str]) -> dict[str, str]:
    """A ControlNet's own names, each with its name in the file: early ones were published with a checkpoint inside."""
    every = [*names]
    own = [name for name in every if name.startswith((_CONTROLNET, _DIFFERENCE))]
    return {name.removeprefix(_CONTROLNET): name for name in own or every}


def no_lora(names: Iterable[str]) -> str | None:
    """What a file is, and where, if it holds anything but kohya's whole layers: "a LoHa (lora_unet_mid_block)"."""
    parts: defaultdict[str, set[str]] = defaultdict(set)
    for name in names:
        layer, _, part = name.partition(".")
        parts[layer].add(part)
        if any(spelling in name for spelling in DIFFUSERS_LORA):
            return f"a LoRA in diffusers' layout ({name[:100]}), which can't be applied"
    strange = ((layer, found) for layer, found in parts.items() if not _LORA - {"alpha"} <= found <= _LORA)
    return next((f"{_method(found)} ({layer[:100]}), which can't be applied" for layer, found in strange), None)


def no_vae(names: Iterable[str]) -> str | None:
    """What a file is if it holds a VAE, but none that can be loaded."""
    return "a VAE in diffusers' layout" if any(name.startswith(_DIFFUSERS_VAE) for name in names) else None


def lora_base(shapes: Shapes) -> str | None:
    """What a LoRA was made for, by the names of its layers or by the width of the text that they read."""
    for name, shape in shapes.items():
        for beginning, base in _LORAS_OF.items():
            if name.startswith(beginning):
                return base
        reads_text = name.startswith(("lora_unet_", "lora_te_")) and any(layer in name for layer in _TEXT_LAYERS)
        if reads_text and len(shape) > 1 and shape[1] in TEXT_WIDTHS:
            return TEXT_WIDTHS[shape[1]]
    return None


def _method(found: Collection[str]) -> str:
    for beginning, method in _OTHER_METHODS.items():
        if any(part.startswith(beginning) for part in found):
            return method
    shown = ", ".join(sorted(found)[:_MOST_PARTS])
    return f"no LoRA with whole layers in kohya's format: it has {shown[:200]}"


def _holding(kinds: Mapping[str, str], names: Collection[str]) -> str | None:
    return next((kind for part, kind in kinds.items() if any(part in name for name in names)), None)
