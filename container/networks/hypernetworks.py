"""Hypernetworks: small networks before the keys and values of every attention, as the WebUI has them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import Attention
from torch import Tensor, nn

from container import tensors
from container.tensors import UnusableFile
from shared.contents import TEXT_WIDTHS
from shared.kinds import CHOOSE_A_HYPERNETWORK, NO_HYPERNETWORK

_ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    each.__name__.lower(): each
    for each in (
        nn.ReLU,
        nn.LeakyReLU,
        nn.ELU,
        nn.Hardswish,
        nn.Tanh,
        nn.Sigmoid,
        nn.Softsign,
        nn.Mish,
        nn.SiLU,
        nn.GELU,
    )
} | {"linear": nn.Identity, "swish": nn.Hardswish}  # the WebUI's own words


class Hypernetwork(NamedTuple):
    """In memory: one network before the keys and one before the values, by the width of their input."""

    networks: Mapping[int, tuple[nn.Module, ...]]

    @property
    def modules(self) -> list[nn.Module]:
        return [network for pair in self.networks.values() for network in pair]


class Applied(NamedTuple):
    """A hypernetwork with its multiplier, as a prompt names it."""

    hypernetwork: Hypernetwork
    multiplier: float


def read(file: Path, name: str, unet: UNet2DConditionModel) -> Hypernetwork:
    """Read a file for use with `unet`; `name` is for errors. Raises UnusableFile."""
    subject = f"The hypernetwork {name!r}"
    if not tensors.is_pickle(file):
        raise UnusableFile(f"{subject} is {NO_HYPERNETWORK}. {CHOOSE_A_HYPERNETWORK}")
    content = tensors.unpickle(file, subject)
    sizes = [size for size in content if isinstance(size, int)] if isinstance(content, dict) else []
    if not sizes:
        raise UnusableFile(f"{subject} holds no hypernetwork. {CHOOSE_A_HYPERNETWORK}")
    _check_base(subject, sizes, unet.config.cross_attention_dim)
    try:
        return Hypernetwork({size: _pair(size, content, unet) for size in sizes})
    except (LookupError, ValueError, TypeError, RuntimeError, AttributeError) as error:  # as the file's contents may be
        raise UnusableFile(f"{subject} is of a kind that can't be applied: {error}. Choose another one.") from error


@contextmanager
def applied(unet: UNet2DConditionModel, hypernetworks: Sequence[Applied]) -> Iterator[None]:
    """Draw with these, each working on what the one before gave."""
    attentions = [module for module in unet.modules() if isinstance(module, Attention)]
    with ExitStack() as hooks:
        for (networks,), multiplier in hypernetworks:
            for attention in attentions:
                pair = networks.get(attention.to_k.in_features, ())
                for matrix, network in zip((attention.to_k, attention.to_v), pair, strict=False):
                    hook = partial(_shift, network, multiplier)
                    hooks.callback(matrix.register_forward_pre_hook(hook).remove)
        yield


def _shift(network: nn.Module, multiplier: float, _matrix: nn.Module, inputs: tuple[Tensor]) -> Tensor:
    (context,) = inputs
    shifted: Tensor = context + multiplier * network(context)
    return shifted


def _check_base(subject: str, sizes: list[int], context: int) -> None:
    others = [base for size, base in TEXT_WIDTHS.items() if size in sizes and size != context]
    if others and context not in sizes:
        raise UnusableFile(f"{subject} was made for {others[0]}, and the checkpoint is of another base. Leave it out.")


def _pair(size: int, content: dict[Any, Any], unet: UNet2DConditionModel) -> tuple[nn.Module, ...]:
    keys, values = (_network(state, content) for state in content[size])
    for network in (keys, values):
        network(torch.zeros(1, size)) + torch.zeros(1, size)  # raises where the sizes don't fit each other
    return keys.to(unet.device, unet.dtype), values.to(unet.device, unet.dtype)


def _network(state: dict[str, Tensor], content: dict[Any, Any]) -> nn.Sequential:
    """Linear layers, activations and norms in the order of the file, which numbers them with gaps or from 1."""
    weights = [name for name in state if name.endswith(".weight")]
    weights.sort(key=lambda name: int("".join(filter(str.isdigit, name))))
    last = [name for name in weights if state[name].ndim == 2][-1]
    layers: list[nn.Module] = []
    for name in weights:
        weight, bias = state[name], state[name.removesuffix("weight") + "bias"]
        layer = nn.Linear(weight.shape[1], weight.shape[0]) if weight.ndim == 2 else nn.LayerNorm(weight.shape)
        layer.load_state_dict({"weight": weight, "bias": bias})
        layers.append(layer)
        # files of 2022 don't say so, but their output was activated
        if weight.ndim == 2 and (name != last or content.get("activate_output", True)):
            layers.append(_activation(content.get("activation_func")))
    return nn.Sequential(*layers).eval().requires_grad_(False)


def _activation(name: str | None) -> nn.Module:
    activation = _ACTIVATIONS.get((name or "linear").lower())
    if activation is None:
        raise ValueError(f"its activation function {name!r} is not known")
    return activation()
