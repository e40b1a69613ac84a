"""LoRA files as kohya's scripts and their kin write them: what they change, and what they were made for."""

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from torch import Tensor

from container.tensors import UnusableFile
from shared.kinds import CHOOSE_A_LORA, lora_base, no_lora


class Update(NamedTuple):
    """What is added to one layer's weight: `up` (out, rank) times `down` (rank, in) times `scale`.

    A convolution's `down` is itself a convolution, and its `up` a 1x1 one.
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
    """All that a file changes, by kohya's layer names. Raises UnusableFile, as for a tensor that no LoRA has."""
    if strange := no_lora(named):
        raise UnusableFile(f"{subject} is {strange}. {CHOOSE_A_LORA}")
    parts: defaultdict[str, dict[str, Tensor]] = defaultdict(dict)
    for key, tensor in named.items():
        layer, _, part = key.partition(".")
        parts[layer][part] = tensor
    if not parts:
        raise UnusableFile(f"{subject} is empty. Upload it again.")
    try:
        return {layer: _update(found) for layer, found in parts.items()}
    except (RuntimeError, LookupError, ArithmeticError) as error:
        raise UnusableFile(f"{subject} is damaged: its sizes don't fit each other. Upload it again.") from error


def made_for(named: Mapping[str, Tensor]) -> str | None:
    """The base, by the tensors' names or else by the width of what the cross-attention reads."""
    return lora_base({key: tensor.shape for key, tensor in named.items()})


def _update(found: Mapping[str, Tensor]) -> Update:
    down, up = found["lora_down.weight"], found["lora_up.weight"]
    up.flatten(1).to("meta") @ down.flatten(1).to("meta")  # raises if they don't fit each other
    rank = down.shape[0]
    alpha = found["alpha"].item() if "alpha" in found else rank
    return Update(down, up, alpha / rank)
