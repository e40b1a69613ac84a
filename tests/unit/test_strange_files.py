"""Which files nothing draws with, though they are whole and sound, and what a LoRA's metadata tells of its base."""

import pytest

from shared.kinds import FIRST_LAYER
from tests.model_files import CHECKPOINT, CONTROLNET, LORA, Shapes, lora, safetensors
from tests.unit.api import Api
from tests.unit.checked import checked

pytestmark = pytest.mark.usefixtures("swept")

DECODER = "first_stage_model.decoder.conv_out.weight"
LAYER = "down_blocks.0.attentions.0.transformer_blocks.0.attn2"
STRANGE = [
    ("checkpoint", {f"unet.{LAYER}.processor.to_k_lora.down.weight": [4, 768]}, "a LoRA in diffusers' layout"),
    ("checkpoint", {f"unet.{LAYER}.to_k.lora_linear_layer.down.weight": [4, 768]}, "a LoRA in diffusers' layout"),
    ("checkpoint", {"lllite_unet_input_blocks_4_1.conditioning1.0.weight": [4]}, "a ControlNet-LLLite"),
    ("checkpoint", {"adapter.body.0.resnets.0.block1.weight": [4]}, "a T2I-Adapter"),
    ("checkpoint", {"lora_unet_mid_block_attentions_0.diff": [4]}, "a difference of whole weights"),
    ("checkpoint", {"text_model.encoder.layers.0.mlp.fc1.weight": [4]}, "a text encoder"),
    ("checkpoint", {"transformer_blocks.0.attn.to_k.weight": [4]}, "a transformer in diffusers' layout"),
    ("checkpoint", {f"{LAYER}.to_k.weight": [4, 768]}, "a UNet in diffusers' layout"),
    ("checkpoint", {"something.else": [4]}, "no checkpoint that can be loaded"),
    ("checkpoint", {"model.diffusion_model.input_blocks.0.0.weight": [4, 4, 3, 3]}, "a checkpoint without its VAE"),
    ("checkpoint", CHECKPOINT | {FIRST_LAYER: [4, 9, 3, 3], DECODER: [4]}, "an inpainting checkpoint"),
    ("controlnet", {"lllite_unet_input_blocks_4_1.conditioning1.0.weight": [4]}, "a ControlNet-LLLite"),
    ("controlnet", {"body.0.resnets.0.block1.weight": [4]}, "a T2I-Adapter"),
    ("controlnet", {"image_proj.proj.weight": [4], "ip_adapter.1.to_k_ip.weight": [4]}, "an IP-Adapter"),
    ("controlnet", {"lora_controlnet": [4]}, "a Control-LoRA"),
    ("controlnet", CONTROLNET | {"control_model.task_embedding": [4]}, "a ControlNet union"),
    ("controlnet", CONTROLNET | {"difference": [1]}, "the difference between a ControlNet and a checkpoint"),
    ("controlnet", {"something.else": [4]}, "of a kind that is not known"),
    ("lora", {"lora_unet_mid_block_attentions_0.hada_w1_a": [4]}, "a LoHa (lora_unet_mid_block_attentions_0)"),
    ("lora", {"lora_unet_mid_block_attentions_0.lokr_w1": [4]}, "a LoKr"),
    ("lora", {"lora_unet_mid_block_attentions_0.oft_diag": [4]}, "an OFT"),
    ("lora", LORA | {f"{next(iter(LORA)).partition('.')[0]}.dora_scale": [4]}, "a DoRA"),
    ("lora", {"lllite_unet_input_blocks_4_1.conditioning1.0.weight": [4]}, "a ControlNet-LLLite"),
    ("lora", {f"base_model.model.{LAYER}.to_k.lora_A.weight": [4, 768]}, "a LoRA in diffusers' layout"),
    ("lora", lora("lora_unet_double_blocks_0_img_attn_proj", 3072), "a LoRA for Flux"),
    ("vae", {"lora_unet_mid_block_attentions_0.hada_w1_a": [4]}, "a LoHa"),
]


@pytest.mark.parametrize(("type", "shapes", "said"), STRANGE)
def test_a_file_that_nothing_draws_with_fails_and_says_what_it_is(
    api: Api, type: str, shapes: Shapes, said: str
) -> None:
    model = checked(api, type, safetensors(shapes))
    assert model["state"] == "failed"
    assert f"The file is {said}" in model["reason"]
    assert "Choose" in model["reason"]


def test_a_refused_file_is_named_by_one_of_its_layers_alone(api: Api) -> None:
    many = {f"lora_unet_{'x' * 300}{number}.{'magic' * 99}": [1] for number in range(100)}
    assert len(checked(api, "lora", safetensors(many))["reason"]) < 500


@pytest.mark.parametrize(
    ("said", "base"),
    [
        ({"ss_base_model_version": "sd_v1"}, "SD 1.x"),
        ({"ss_base_model_version": "sdxl_base_v1-0"}, "SDXL"),
        ({"modelspec.architecture": "stable-diffusion-v2-768-v/lora"}, "SD 2.x"),
        ({"modelspec.architecture": "stable-diffusion-xl-v1-base/lora"}, "SDXL"),
        ({"modelspec.architecture": "something/new"}, None),
    ],
)
def test_a_lora_that_reads_no_text_tells_its_base_by_its_metadata(
    api: Api, said: dict[str, str], base: str | None
) -> None:
    model = checked(api, "lora", safetensors(lora("lora_unet_mid_block_attentions_0_proj_in", 1280), said))
    assert (model["state"], model["base"]) == ("active", base)
