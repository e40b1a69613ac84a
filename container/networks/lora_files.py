"""LoRA files as kohya's scripts and their kin write them: what they change, and what they were made for."""

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from torch import Tensor

from container.tensors import UnusableFile
from shared.contents import Base

_PARTS = {"lora_down.weight", "lora_up.weight", "alpha"}
_OTHER_METHODS = {  # how the tensors of what is no LoRA are called
    "hada_": "a LoHa",
    "lokr_": "a LoKr",
    "dora_scale": "a DoRA",
    "oft_": "an OFT",
    "lora_mid": "a LoCon with a Tucker decomposition",
    "diff": "a difference of whole weights",
}
_CONTEXTS = {768: Base.SD1, 1024: Base.SD2, 2048: Base.SDXL}
_OTHER_BASES = {
    "lora_te1_": Base.SDXL,
    "lora_te2_": Base.SDXL,
    "lora_unet_double_blocks_": "Flux",
    "lora_unet_joint_blocks_": "Stable Diffusion 3",
    "lora_transformer_": "a transformer such as Flux or Stable Diffusion 3",
}


class Update(NamedTuple):
    """What is added to one layer's weight: `up` (out, rank) times `down` (rank, in) times `scale`.

    A convolution's `down` is one itself, and its `up` is of one pixel.
    """

    down: Tensor
    up: Tensor
    scale: float

    def fits(self, weight: Tensor) -> bool:
        inputs = weight[0].numel()
        return self.down.flatten(1).shape[1] == inputs and self.up.shape[0] == weight.shape[0]

    def difference(self, weight: Tensor) -> Tensor:
        """In the shape of the weight, on its device, in single precision."""
        up, down = (each.to(weight.device).float().flatten(1) for each in (self.up, self.down))
        return self.scale * (up @ down).reshape(weight.shape)


def updates(named: Mapping[str, Tensor], subject: str) -> dict[str, Update]:
    """All that a file changes, by kohya's names of layers. Raises UnusableFile where it has a tensor of no LoRA."""
    parts: defaultdict[str, dict[str, Tensor]] = defaultdict(dict)
    for key, tensor in named.items():
        layer, _, part = key.partition(".")
        parts[layer][part] = tensor
    for layer, found in parts.items():
        if not _PARTS - {"alpha"} <= found.keys() <= _PARTS:
            raise UnusableFile(f"{subject} is {_method(found)} ({layer}), which can't be applied. Choose another LoRA.")
    if not parts:
        raise UnusableFile(f"{subject} is empty. Upload it again.")
    try:
        return {layer: _update(found) for layer, found in parts.items()}
    except (RuntimeError, LookupError, ArithmeticError) as error:
        raise UnusableFile(f"{subject} is damaged: its sizes don't fit each other. Upload it again.") from error


def made_for(named: Mapping[str, Tensor]) -> str | None:
    """The base that the names, or else the size of what the cross-attention reads, tell of."""
    for key, tensor in named.items():
        for beginning, base in _OTHER_BASES.items():
            if key.startswith(beginning):
                return base
        reads_prompt = "attn2_to_k.lora_down" in key or "0_mlp_fc1.lora_down" in key
        if reads_prompt and key.startswith(("lora_unet_", "lora_te_")) and tensor.shape[1] in _CONTEXTS:
            return _CONTEXTS[tensor.shape[1]]
    return None


def _update(found: Mapping[str, Tensor]) -> Update:
    down, up = found["lora_down.weight"], found["lora_up.weight"]
    up.flatten(1).to("meta") @ down.flatten(1).to("meta")  # raises where one does not fit the other
    rank = down.shape[0]
    alpha = found["alpha"].item() if "alpha" in found else rank
    return Update(down, up, alpha / rank)


def _method(found: Mapping[str, Tensor]) -> str:
    for beginning, method in _OTHER_METHODS.items():
        if any(part.startswith(beginning) for part in found):
            return method
    return f"no LoRA with whole layers in kohya's format: it has {', '.join(sorted(found))}"
