from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from container import loading
from container.loading import StableDiffusion
from container.networks import hypernetworks, lora
from container.networks.hypernetworks import Hypernetwork
from container.networks.lora import Loras
from container.networks.switch import NO_NETWORKS, Networks, Switch
from container.tensors import UnusableFile
from tests.container import networks
from tests.container.networks import answers, unchanged, weights

TO_K = "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k"


@pytest.fixture(scope="module")
def tiny(checkpoint: Path) -> StableDiffusion:
    return loading.load(checkpoint)


@pytest.fixture(scope="module")
def inked(tmp_path_factory: pytest.TempPathFactory) -> lora.Lora:
    return lora.read(networks.lora(tmp_path_factory.mktemp("lora") / "inked.safetensors", {TO_K: (64, 32)}), "inked")


@pytest.fixture(scope="module")
def misfit(tmp_path_factory: pytest.TempPathFactory) -> lora.Lora:
    return lora.read(networks.lora(tmp_path_factory.mktemp("lora") / "misfit.safetensors", {TO_K: (64, 768)}), "misfit")


def seen(tiny: StableDiffusion) -> Tensor:
    return answers(tiny)[0]


def of_lora(inked: lora.Lora, weight: float = 1) -> Networks:
    return Networks([lora.Applied(inked, weight, weight)])


def of_hypernetwork() -> Networks:
    torch.manual_seed(0)
    pair = tuple(nn.Linear(32, 32).requires_grad_(False) for _ in range(2))
    return Networks(hypernetworks=[hypernetworks.Applied(Hypernetwork({32: pair}), 1.0)])


@torch.inference_mode()
def test_networks_are_on_until_others_are_asked_for(tiny: StableDiffusion, inked: lora.Lora) -> None:
    bare, before = seen(tiny), weights(tiny)
    with Switch(tiny.unet, Loras(tiny)) as switch:
        assert torch.equal(seen(tiny), bare)
        switch.use(of_lora(inked))
        with_lora = seen(tiny)
        switch.use(of_hypernetwork())
        with_hypernetwork = seen(tiny)
        assert unchanged(before, tiny)
        switch.use(of_lora(inked))
        assert torch.equal(seen(tiny), with_lora)
        switch.use(NO_NETWORKS)
        assert torch.equal(seen(tiny), bare)
    assert not torch.allclose(with_lora, bare, atol=1e-3)
    assert not torch.allclose(with_hypernetwork, bare, atol=1e-3)


@pytest.mark.parametrize("networks", [of_lora, lambda _: of_hypernetwork()], ids=["LoRA", "hypernetwork"])
@torch.inference_mode()
def test_at_the_end_the_checkpoint_is_as_it_was_whatever_happened(
    tiny: StableDiffusion, inked: lora.Lora, networks: Callable[[lora.Lora], Networks]
) -> None:
    bare, before = seen(tiny), weights(tiny)
    with suppress(KeyError), Switch(tiny.unet, Loras(tiny)) as switch:
        switch.use(networks(inked))
        raise KeyError("cancelled")
    assert torch.equal(seen(tiny), bare)
    assert unchanged(before, tiny)


@torch.inference_mode()
def test_one_that_does_not_fit_leaves_none_on(tiny: StableDiffusion, inked: lora.Lora, misfit: lora.Lora) -> None:
    bare = seen(tiny)
    with Switch(tiny.unet, Loras(tiny)) as switch:
        switch.use(of_lora(inked))
        with pytest.raises(UnusableFile, match="does not fit the checkpoint"):
            switch.use(of_lora(misfit))
        assert torch.equal(seen(tiny), bare)
        switch.use(of_lora(inked))
        assert not torch.equal(seen(tiny), bare)
