"""The networks that a prompt adds to the checkpoint, which stay on until others are asked for."""

from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import NamedTuple, Self

from diffusers import UNet2DConditionModel

from container.networks import hypernetworks
from container.networks.hypernetworks import Applied as AppliedHypernetwork
from container.networks.lora import Applied as AppliedLora
from container.networks.lora import Loras


class Networks(NamedTuple):
    """The networks of one prompt."""

    loras: Sequence[AppliedLora] = ()
    hypernetworks: Sequence[AppliedHypernetwork] = ()


NO_NETWORKS = Networks()


class Switch:
    """Applies networks within its `with`, after which the checkpoint is as it was."""

    def __init__(self, unet: UNet2DConditionModel, loras: Loras) -> None:
        self._unet = unet
        self._loras = loras
        self._on = ExitStack()
        self._used = NO_NETWORKS

    def use(self, networks: Networks) -> None:
        """Draw with these and no others. Raises UnusableFile."""
        if networks is self._used:
            return
        self._on.close()
        self._used = NO_NETWORKS
        with ExitStack() as on:
            on.enter_context(self._loras.applied(networks.loras))
            on.enter_context(hypernetworks.applied(self._unet, networks.hypernetworks))
            self._on, self._used = on.pop_all(), networks

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._on.close()
