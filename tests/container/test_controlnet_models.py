import socket
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import ControlNetModel, UNet2DConditionModel
from diffusers.loaders.single_file_utils import convert_controlnet_checkpoint
from torch import Tensor

from container.architectures import Architecture
from container.controlnet import models
from container.controlnet.models import UnusableControlNet, load
from container.tensors import UnusableFile
from tests.container.architectures import TINY_2, TINY_XL
from tests.container.controlnets import as_ldm, controlnet, save, unet


@pytest.fixture(scope="module")
def base() -> UNet2DConditionModel:
    return unet(Architecture("tiny"))


@pytest.fixture(scope="module")
def model(base: UNet2DConditionModel) -> ControlNetModel:
    return controlnet(base)


def is_same(loaded: ControlNetModel, model: ControlNetModel) -> bool:
    state = model.state_dict()
    found = loaded.state_dict()
    return found.keys() == state.keys() and all(torch.equal(found[name], state[name]) for name in state)


@pytest.mark.parametrize("prefix", ["control_model.", ""])
def test_a_file_of_the_originals_names_is_loaded_whole(
    base: UNet2DConditionModel, model: ControlNetModel, prefix: str, tmp_path: Path
) -> None:
    path = save(as_ldm(model, prefix), tmp_path / "canny.safetensors")
    loaded = load(path, "canny", base)
    assert is_same(loaded, model)
    assert not loaded.training
    assert not any(parameter.requires_grad for parameter in loaded.parameters())


def test_the_originals_names_are_those_that_diffusers_reads(model: ControlNetModel) -> None:
    converted = convert_controlnet_checkpoint(as_ldm(model), dict(model.config))
    assert converted.keys() == model.state_dict().keys()
    assert all(
        converted[name] is tensor or torch.equal(converted[name], tensor) for name, tensor in model.state_dict().items()
    )


def test_names_are_those_of_published_files() -> None:
    with torch.device("meta"):
        model = ControlNetModel.from_unet(unet(Architecture("stable_diffusion_1")))
    names = as_ldm(model, "").keys()
    assert len(names) == 340
    assert names >= {
        "time_embed.2.bias",
        "input_hint_block.0.weight",
        "input_hint_block.12.bias",
        "input_hint_block.14.weight",
        "zero_convs.0.0.weight",
        "zero_convs.11.0.bias",
        "middle_block_out.0.weight",
        "input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight",
        "input_blocks.3.0.op.weight",
        "input_blocks.11.0.in_layers.0.weight",
        "middle_block.1.proj_in.weight",
    }


def test_the_checkpoint_beside_a_controlnet_is_left_out(
    base: UNet2DConditionModel, model: ControlNetModel, tmp_path: Path
) -> None:
    beside = {"model.diffusion_model.out.2.bias": torch.zeros(4), "first_stage_model.quant_conv.bias": torch.zeros(8)}
    path = save(as_ldm(model) | beside, tmp_path / "control_sd15_canny.safetensors")
    assert is_same(load(path, "control_sd15_canny", base), model)


def test_a_difference_to_a_checkpoint_is_refused(
    base: UNet2DConditionModel, model: ControlNetModel, tmp_path: Path
) -> None:
    path = save(as_ldm(model) | {"difference": torch.zeros(0)}, tmp_path / "diff.safetensors")
    with pytest.raises(UnusableControlNet, match="the difference between a ControlNet and a checkpoint"):
        load(path, "diff", base)


@pytest.mark.parametrize(("name", "pooled"), [("control_v11e_sd15_shuffle", True), ("control_v11p_sd15_canny", False)])
def test_shuffle_models_are_known_by_their_names(
    base: UNet2DConditionModel, model: ControlNetModel, name: str, pooled: bool, tmp_path: Path
) -> None:
    path = save(as_ldm(model), tmp_path / "control.safetensors")
    assert load(path, name, base).config.global_pool_conditions is pooled


@pytest.mark.parametrize("architecture", [TINY_2, TINY_XL], ids=lambda each: each.name)
@pytest.mark.parametrize("layout", ["ldm", "diffusers"])
def test_those_of_other_bases_are_loaded_in_either_layout(
    architecture: Architecture, layout: str, tmp_path: Path
) -> None:
    other = unet(architecture)
    model = controlnet(other)
    tensors = as_ldm(model) if layout == "ldm" else dict(model.state_dict())
    assert is_same(load(save(tensors, tmp_path / "control.safetensors"), "control", other), model)


def test_it_is_of_the_unets_dtype(base: UNet2DConditionModel, model: ControlNetModel, tmp_path: Path) -> None:
    halves = {name: tensor.half() for name, tensor in as_ldm(model).items()}
    path = save(halves, tmp_path / "control.safetensors")
    assert load(path, "control", base).dtype is torch.float32


def test_loading_reaches_for_no_network(
    base: UNet2DConditionModel, model: ControlNetModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("the network was reached for")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    load(save(as_ldm(model), tmp_path / "control.safetensors"), "control", base)


def test_one_for_another_base_is_refused_naming_both(base: UNet2DConditionModel, tmp_path: Path) -> None:
    path = save(as_ldm(controlnet(unet(TINY_XL))), tmp_path / "xl.safetensors")
    with pytest.raises(UnusableControlNet, match=r"'xl' was made for a model whose text is 80 wide, and .* tiny demo"):
        load(path, "xl", base)


def test_bases_are_known_by_the_width_of_their_text() -> None:
    for architecture, base in (
        ("stable_diffusion_1", "SD 1.x"),
        ("stable_diffusion_2", "SD 2.x"),
        ("stable_diffusion_xl", "SDXL"),
        ("tiny", "the tiny demo model"),
    ):
        assert models.base(Architecture(architecture).config("unet")["cross_attention_dim"]) == base


@pytest.mark.parametrize(
    ("tensor", "kind"),
    [
        ("body.0.resnets.0.block1.weight", "a T2I-Adapter"),
        ("adapter.body.0.resnets.0.block1.weight", "a T2I-Adapter"),
        ("ip_adapter.1.to_k_ip.weight", "an IP-Adapter"),
        ("lora_controlnet", "a Control-LoRA"),
        ("lllite_unet_input_blocks_4_1.conditioning1.0.weight", "a ControlNet-LLLite"),
        ("task_embedding", "a ControlNet union"),
        ("lora_unet_mid_block_attentions_0_proj_in.lora_down.weight", "a LoRA"),
        ("model.diffusion_model.out.2.weight", "a checkpoint"),
        ("controlnet_blocks.0.weight", "a ControlNet of another kind of model, such as Flux"),
        ("emb_params", "of a kind that is not known"),
    ],
)
def test_another_kind_of_model_is_refused_by_its_name(
    base: UNet2DConditionModel, tensor: str, kind: str, tmp_path: Path
) -> None:
    path = save({tensor: torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(
        UnusableControlNet, match=rf"The ControlNet 'other' .* the file is {kind}.* Choose a ControlNet"
    ):
        load(path, "other", base)


@pytest.mark.parametrize(("damage", "wrong"), [(None, "missing"), (torch.zeros(3), r"has the shape \[3\] and not")])
def test_one_with_a_wrong_tensor_is_refused(
    base: UNet2DConditionModel, model: ControlNetModel, damage: Tensor | None, wrong: str, tmp_path: Path
) -> None:
    tensors = as_ldm(model) | {"control_model.zero_convs.3.0.bias": damage}
    path = save({name: tensor for name, tensor in tensors.items() if tensor is not None}, tmp_path / "c.safetensors")
    with pytest.raises(UnusableControlNet, match=rf"(controlnet_down_blocks|zero_convs)\.3\..*{wrong}"):
        load(path, "c", base)


def test_a_file_that_is_broken_off_is_refused(
    base: UNet2DConditionModel, model: ControlNetModel, tmp_path: Path
) -> None:
    path = save(as_ldm(model), tmp_path / "half.safetensors")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(UnusableFile, match=r"The ControlNet 'half' is no complete"):
        load(path, "half", base)
