from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from diffusers import StableDiffusionPipeline, StableDiffusionXLPipeline
from safetensors.torch import load_file, save_file
from torch import Tensor

from container import loading
from container.loading import StableDiffusion
from container.networks.lora import Applied, Loras, read
from container.tensors import UnusableFile
from shared.contents import Base
from tests.container.networks import answers, lora, unchanged, weights

TO_K = "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k"
UNET = {TO_K: (64, 32), "lora_unet_mid_block_attentions_0_transformer_blocks_0_ff_net_2": (64, 256)}
TEXT = {"lora_te_text_model_encoder_layers_3_self_attn_out_proj": (32, 32)}
XL = {  # the original's names, as kohya's trainer writes them for SDXL
    "lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k": (64, 80),
    "lora_unet_output_blocks_2_1_transformer_blocks_0_ff_net_0_proj": (512, 64),
    "lora_unet_label_emb_0_0": (128, 88),
    "lora_te1_text_model_encoder_layers_0_mlp_fc1": (128, 32),
    "lora_te2_text_model_encoder_layers_1_self_attn_out_proj": (48, 48),
    "lora_te2_text_projection": (40, 48),
}


@pytest.fixture(scope="module")
def tiny(checkpoint: Path) -> StableDiffusion:
    return loading.load(checkpoint)


@pytest.fixture(scope="module")
def tiny_xl(checkpoints: dict[Base, Path]) -> StableDiffusion:
    return loading.load(checkpoints[Base.SDXL])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return lora(tmp_path / "both.safetensors", UNET | TEXT)


def ordered(file: Path, unet_weight: float = 1, text_weight: float = 1) -> Applied:
    return Applied(read(file, "inked"), unet_weight, text_weight)


def drawn(stable_diffusion: StableDiffusion, *loras: Applied) -> tuple[Tensor, Tensor]:
    with Loras(stable_diffusion).applied(loras):
        return answers(stable_diffusion)


def refused(stable_diffusion: StableDiffusion, file: Path, reason: str) -> None:
    before = weights(stable_diffusion)
    good = lora(file.with_stem("good"), {TO_K: (64, 32)}) if stable_diffusion.base is Base.SD1 else file
    with pytest.raises(UnusableFile, match=reason), Loras(stable_diffusion).applied([ordered(good), ordered(file)]):
        pytest.fail("it was drawn with")
    assert unchanged(before, stable_diffusion)


def test_it_changes_the_unet_and_the_text_encoder_and_leaves_nothing_behind(tiny: StableDiffusion, file: Path) -> None:
    before, (unet, text) = weights(tiny), answers(tiny)
    with Loras(tiny).applied([ordered(file)]):
        changed_unet, changed_text = answers(tiny)
    assert not torch.allclose(unet, changed_unet, atol=1e-3)
    assert not torch.allclose(text, changed_text, atol=1e-3)
    assert unchanged(before, tiny)


def test_the_weights_come_back_after_an_error(tiny: StableDiffusion, file: Path) -> None:
    before = weights(tiny)
    with pytest.raises(KeyError), Loras(tiny).applied([ordered(file)]):
        raise KeyError("cancelled")
    assert unchanged(before, tiny)


@pytest.mark.parametrize(("unet_weight", "text_weight"), [(1, 0), (0, 1), (0, 0)])
def test_the_unet_and_the_text_encoder_have_weights_of_their_own(
    unet_weight: float, text_weight: float, tiny: StableDiffusion, file: Path
) -> None:
    plain = answers(tiny)
    changed = drawn(tiny, ordered(file, unet_weight, text_weight))
    same = [torch.equal(before, after) for before, after in zip(plain, changed, strict=True)]
    assert same == [unet_weight == 0, text_weight == 0]


@pytest.mark.parametrize("weight", [0.5, -1.0])
def test_two_of_a_weight_are_one_of_twice_that(weight: float, tiny: StableDiffusion, file: Path) -> None:
    half = ordered(file, weight, weight)
    twice = drawn(tiny, half, half)
    whole = drawn(tiny, ordered(file, 2 * weight, 2 * weight))
    torch.testing.assert_close(twice, whole)
    assert not torch.allclose(twice[0], drawn(tiny, half)[0], atol=1e-3)


def test_several_add_up(tiny: StableDiffusion, tmp_path: Path) -> None:
    unet, text = lora(tmp_path / "unet.safetensors", UNET), lora(tmp_path / "text.safetensors", TEXT)
    both = drawn(tiny, ordered(unet), ordered(text))
    assert torch.equal(both[0], drawn(tiny, ordered(unet))[0])
    assert torch.equal(both[1], drawn(tiny, ordered(text))[1])


def test_alpha_is_divided_by_the_rank(tiny: StableDiffusion, tmp_path: Path) -> None:
    plain = ordered(lora(tmp_path / "plain.safetensors", UNET, rank=4), unet_weight=0.25)
    scaled = ordered(lora(tmp_path / "scaled.safetensors", UNET, rank=4, alpha=1))
    torch.testing.assert_close(drawn(tiny, plain), drawn(tiny, scaled))


def test_it_equals_what_diffusers_draws_with_it(tiny: StableDiffusion, checkpoint: Path, file: Path) -> None:
    ours = drawn(tiny, ordered(file))
    other = loading.load(checkpoint)
    (text_encoder,), (clip,) = other.text_encoders, other.tokenizers
    pipeline = StableDiffusionPipeline(
        other.vae, text_encoder, clip, other.unet, None, None, None, requires_safety_checker=False
    )
    pipeline.load_lora_weights(load_file(file))
    torch.testing.assert_close(answers(other), ours)


def test_it_equals_what_diffusers_draws_with_it_in_sdxl(
    tiny_xl: StableDiffusion, checkpoints: dict[Base, Path], tmp_path: Path
) -> None:
    layers = {name: size for name, size in XL.items() if "te2_text_projection" not in name and "label_emb" not in name}
    file = lora(tmp_path / "xl.safetensors", layers)
    ours = drawn(tiny_xl, ordered(file))
    assert not torch.allclose(answers(tiny_xl)[0], ours[0], atol=1e-3)
    other = loading.load(checkpoints[Base.SDXL])
    pipeline = StableDiffusionXLPipeline(other.vae, *other.text_encoders, *other.tokenizers, other.unet, None)
    pipeline.load_lora_weights(load_file(file))
    torch.testing.assert_close(answers(other), ours)


def test_sdxl_is_changed_by_the_originals_names_and_comes_back(tiny_xl: StableDiffusion, tmp_path: Path) -> None:
    before = weights(tiny_xl)
    with Loras(tiny_xl).applied([ordered(lora(tmp_path / "xl.safetensors", XL))]):
        changed = sum(not torch.equal(old, new) for old, new in zip(before, weights(tiny_xl), strict=True))
    assert changed == len(XL)
    assert unchanged(before, tiny_xl)


def test_convolutions_are_changed_too(tiny: StableDiffusion, tmp_path: Path) -> None:
    random = torch.Generator().manual_seed(0)
    name = "lora_unet_down_blocks_1_resnets_0_conv1"
    down, up = torch.randn(2, 32, 3, 3, generator=random), torch.randn(64, 2, 1, 1, generator=random)
    path = tmp_path / "locon.safetensors"
    save_file({f"{name}.lora_down.weight": down, f"{name}.lora_up.weight": up}, path)
    layer = tiny.unet.down_blocks[1].resnets[0].conv1
    seen = torch.randn(1, 32, 8, 8, generator=random)
    with torch.inference_mode():
        added = torch.conv2d(torch.conv2d(seen, down, padding=1), up)
        expected = layer(seen) + added
        with Loras(tiny).applied([ordered(path)]):
            torch.testing.assert_close(layer(seen), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("layers", "made_for"),
    [
        ({TO_K: (64, 768)}, None),
        ({TO_K: (64, 1024)}, "SD 2.x"),
        ({"lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k": (640, 2048)}, "SDXL"),
        ({"lora_te1_text_model_encoder_layers_0_mlp_fc1": (3072, 768)}, "SDXL"),
        ({"lora_te_text_model_encoder_layers_0_mlp_fc1": (4096, 1024)}, "SD 2.x"),
        ({"lora_unet_double_blocks_0_img_attn_proj": (3072, 3072)}, "Flux"),
    ],
)
def test_one_made_for_another_base_is_refused_by_its_name(
    layers: dict[str, tuple[int, int]], made_for: str | None, tiny: StableDiffusion, tmp_path: Path
) -> None:
    reason = f"was made for {made_for}, and the checkpoint is SD 1.x" if made_for else "does not fit the checkpoint"
    refused(tiny, lora(tmp_path / "other.safetensors", layers), f"The LoRA 'inked' {reason}.* Choose another LoRA")


def test_one_for_stable_diffusion_1_is_refused_by_sdxl(tiny_xl: StableDiffusion, tmp_path: Path) -> None:
    refused(
        tiny_xl, lora(tmp_path / "sd1.safetensors", {TO_K: (64, 768)}), "made for SD 1.x, and the checkpoint is SDXL"
    )


@pytest.mark.parametrize(
    ("part", "method"),
    [
        ("hada_w1_a", "a LoHa"),
        ("lokr_w1", "a LoKr"),
        ("dora_scale", "a DoRA"),
        ("oft_diag", "an OFT"),
        ("lora_mid.weight", "a LoCon with a Tucker decomposition"),
        ("diff", "a difference of whole weights"),
        ("magic", "no LoRA with whole layers in kohya's format: it has .*magic"),
    ],
)
def test_another_method_is_refused_by_its_name(
    part: str, method: str, tiny: StableDiffusion, file: Path, change: Callable[..., None]
) -> None:
    change(file, add=f"{TO_K}.{part}")
    refused(tiny, file, rf"The LoRA 'inked' is {method}.* Choose another LoRA")


@pytest.mark.parametrize("part", ["lora_down.weight", "lora_up.weight"])
def test_one_with_half_a_layer_is_refused(
    part: str, tiny: StableDiffusion, file: Path, change: Callable[..., None]
) -> None:
    change(file, remove=f"{TO_K}.{part}")
    refused(tiny, file, "no LoRA with whole layers")


@pytest.mark.parametrize(
    ("part", "damage"),
    [
        ("lora_down.weight", torch.zeros(3, 32)),
        ("lora_down.weight", torch.zeros(())),
        ("lora_up.weight", torch.zeros(2, 64)),
        ("alpha", torch.zeros(2)),
    ],
)
def test_one_whose_sizes_do_not_fit_each_other_is_refused(
    part: str, damage: Tensor, tiny: StableDiffusion, file: Path
) -> None:
    save_file({name: each.clone() for name, each in load_file(file).items()} | {f"{TO_K}.{part}": damage}, file)
    refused(tiny, file, "The LoRA 'inked' is damaged: its sizes don't fit each other")


@pytest.mark.parametrize("name", ["lora_unet_mid_block_attentions_7_proj_in", "lora_te_text_model_x", "unet"])
def test_one_with_a_layer_that_the_checkpoint_lacks_is_refused(
    name: str, tiny: StableDiffusion, tmp_path: Path
) -> None:
    refused(tiny, lora(tmp_path / "other.safetensors", UNET | {name: (8, 8)}), f"does not fit .*it changes {name}")


def test_a_broken_or_an_empty_file_is_refused(tiny: StableDiffusion, tmp_path: Path) -> None:
    path = tmp_path / "broken.safetensors"
    path.write_bytes(b"broken")
    refused(tiny, path, r"The LoRA 'inked' is no complete \.safetensors file .*Upload it again")
    save_file({}, path)
    refused(tiny, path, "The LoRA 'inked' is empty")


@pytest.fixture
def change() -> Callable[..., None]:
    def save(file: Path, add: str = "", remove: str = "") -> None:
        tensors = {name: tensor.clone() for name, tensor in load_file(file).items() if name != remove}
        save_file(tensors | ({add: torch.ones(2)} if add else {}), file)

    return save
