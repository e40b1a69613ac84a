import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers.loaders import single_file_utils
from diffusers.schedulers.scheduling_ddim import rescale_zero_terminal_snr
from safetensors.torch import load_file, save_file
from torch import Tensor

from container import loading
from container.architectures import UnusableCheckpoint
from container.diffusion import alphas_cumprod
from container.loading import StableDiffusion
from shared.contents import Base

OPEN_CLIP = {Base.SD2: "cond_stage_model.model.", Base.SDXL: "conditioner.embedders.1.model."}


@pytest.fixture(scope="module")
def loaded(checkpoints: dict[Base, Path]) -> dict[Base, StableDiffusion]:
    return {base: loading.load(path) for base, path in checkpoints.items()}


@pytest.fixture
def changed(checkpoints: dict[Base, Path], tmp_path: Path) -> Callable[..., Path]:
    """A checkpoint with some tensors replaced, added or, if None, left out."""

    def save(base: Base, tensors: dict[str, Tensor | None]) -> Path:
        both = {**load_file(checkpoints[base]), **tensors}
        path = tmp_path / "changed.safetensors"
        save_file({name: tensor for name, tensor in both.items() if tensor is not None}, path)
        return path

    return save


@pytest.mark.parametrize("base", Base)
@pytest.mark.parametrize(
    ("part", "convert"),
    [("unet", "convert_ldm_unet_checkpoint"), ("vae", "convert_ldm_vae_checkpoint")],
)
def test_weights_arrive_where_diffusers_own_conversion_brings_them(
    part: str, convert: str, base: Base, loaded: dict[Base, StableDiffusion], checkpoints: dict[Base, Path]
) -> None:
    model = getattr(loaded[base], part)
    expected = getattr(single_file_utils, convert)(load_file(checkpoints[base]), model.config)
    assert_same(model.state_dict(), expected)


@pytest.mark.parametrize("base", OPEN_CLIP)
def test_open_clips_weights_arrive_where_diffusers_own_conversion_brings_them(
    base: Base, loaded: dict[Base, StableDiffusion], checkpoints: dict[Base, Path]
) -> None:
    model = loaded[base].text_encoders[-1]
    expected = single_file_utils.convert_open_clip_checkpoint(model, load_file(checkpoints[base]), OPEN_CLIP[base])
    assert_same(model.state_dict(), expected)


def assert_same(actual: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    actual, expected = (
        {name.removeprefix("text_model."): tensor for name, tensor in each.items()} for each in (actual, expected)
    )
    assert actual.keys() == expected.keys()
    for name, tensor in actual.items():
        assert torch.equal(tensor, expected[name].float().reshape(tensor.shape)), name


@pytest.mark.parametrize(
    ("base", "prefix"),
    [
        (Base.SD1, "cond_stage_model.transformer.text_model."),
        (Base.SDXL, "conditioner.embedders.0.transformer.text_model."),
    ],
)
def test_clips_weights_keep_their_names(
    base: Base, prefix: str, loaded: dict[Base, StableDiffusion], checkpoints: dict[Base, Path]
) -> None:
    written = {name.removeprefix(prefix): tensor for name, tensor in load_file(checkpoints[base]).items()}
    assert_same(loaded[base].text_encoders[0].state_dict(), {
        name: written[name] for name in loaded[base].text_encoders[0].state_dict()
    })  # fmt: skip


def test_sdxl_has_two_text_encoders_whose_outputs_its_unet_takes(loaded: dict[Base, StableDiffusion]) -> None:
    xl = loaded[Base.SDXL]
    states, pooled = [], None
    for text_encoder, clip in zip(xl.text_encoders, xl.tokenizers, strict=True):
        ids = clip("a cat", padding="max_length", return_tensors="pt").input_ids
        encoded = text_encoder(ids, output_hidden_states=True)
        states.append(encoded.hidden_states[-2])
        pooled = encoded[0]
    added = {"text_embeds": pooled, "time_ids": torch.tensor([[64.0, 64, 0, 0, 64, 64]])}
    answer = xl.unet(torch.randn(1, 4, 8, 8), 500, torch.cat(states, dim=-1), added_cond_kwargs=added).sample
    assert answer.shape == (1, 4, 8, 8)
    assert answer.isfinite().all()


def test_open_clip_reads_prompts_padded_with_zero(loaded: dict[Base, StableDiffusion]) -> None:
    last = {
        base: [clip("a cat", padding="max_length").input_ids[-1] for clip in each.tokenizers]
        for base, each in loaded.items()
    }
    assert last == {Base.SD1: [513], Base.SD2: [0], Base.SDXL: [513, 0]}


def test_its_size_is_that_of_its_weights(loaded: dict[Base, StableDiffusion], checkpoints: dict[Base, Path]) -> None:
    written = load_file(checkpoints[Base.SD1])
    assert loaded[Base.SD1].size_in_memory == sum(4 * tensor.numel() for tensor in written.values())


@pytest.mark.parametrize("base", Base)
def test_loading_reaches_for_no_network(
    base: Base, checkpoints: dict[Base, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("the network was reached for")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert loading.load(checkpoints[base]).base == base


@pytest.mark.parametrize(
    ("damage", "reason"),
    [(None, "'model.diffusion_model.out.0.bias' is missing"), (torch.zeros(3), r"the shape \[3\] and not \[32\]")],
    ids=["missing", "of another shape"],
)
def test_a_checkpoint_with_a_wrong_tensor_is_refused(
    damage: Tensor | None, reason: str, changed: Callable[..., Path]
) -> None:
    path = changed(Base.SD1, {"model.diffusion_model.out.0.bias": damage})
    with pytest.raises(UnusableCheckpoint, match=rf"incomplete.*{reason}\. Choose another"):
        loading.load(path)


def test_a_text_encoder_without_a_matrix_is_refused(changed: Callable[..., Path]) -> None:
    path = changed(Base.SDXL, {"conditioner.embedders.1.model.transformer.resblocks.0.attn.in_proj_weight": None})
    with pytest.raises(UnusableCheckpoint, match=r"SDXL: .*in_proj_weight' is missing"):
        loading.load(path)


def test_names_of_2022_are_understood(
    checkpoints: dict[Base, Path], tmp_path: Path, loaded: dict[Base, StableDiffusion]
) -> None:
    written = load_file(checkpoints[Base.SD1])
    save_file({name.replace("text_model.", ""): each for name, each in written.items()}, tmp_path / "old.safetensors")
    old = loading.load(tmp_path / "old.safetensors").text_encoders[0]
    assert_same(old.state_dict(), loaded[Base.SD1].text_encoders[0].state_dict())


def test_what_training_left_in_a_checkpoint_does_no_harm(
    changed: Callable[..., Path], loaded: dict[Base, StableDiffusion]
) -> None:
    path = changed(
        Base.SD1,
        {
            "cond_stage_model.transformer.text_model.embeddings.position_ids": torch.arange(77)[None],
            "alphas_cumprod": torch.ones(1000),
            "model_ema.decay": torch.ones(()),
        },
    )
    again = loading.load(path)
    assert_same(again.unet.state_dict(), loaded[Base.SD1].unet.state_dict())
    assert torch.equal(again.alphas_cumprod, alphas_cumprod())


def test_a_checkpoint_is_not_changed_by_what_later_becomes_of_its_file(changed: Callable[..., Path]) -> None:
    path = changed(Base.SD1, {"first_stage_model.decoder.conv_out.bias": torch.ones(3)})  # in float32, so not converted
    bias = loading.load(path).vae.decoder.conv_out.bias
    path.write_bytes(bytes(path.stat().st_size))
    assert bias.tolist() == [1, 1, 1]


def test_v_prediction_is_measured_for_stable_diffusion_2(
    loaded: dict[Base, StableDiffusion], checkpoints: dict[Base, Path], changed: Callable[..., Path]
) -> None:
    assert loaded[Base.SD2].v_prediction  # random weights do not answer with the noise
    assert not loading.load(changed(Base.SD2, gives_back_its_input(checkpoints[Base.SD2]))).v_prediction


def gives_back_its_input(checkpoint: Path) -> dict[str, Tensor]:
    """A UNet of zeros but for a path through its first and last layers: x = silu(x) - silu(-x)."""
    unet = "model.diffusion_model."
    tensors = {name: tensor.zero_() for name, tensor in load_file(checkpoint).items() if name.startswith(unet)}
    one = torch.eye(4, dtype=torch.float16)
    for channel in range(8):  # one in each group of the norm: the latent's channels as x, then as -x
        sign = 1 if channel < 4 else -1
        tensors[unet + "input_blocks.0.0.weight"][4 * channel, :, 1, 1] = sign * one[channel % 4]
        tensors[unet + "out.2.weight"][:, 4 * channel, 1, 1] = sign * one[channel % 4]
    tensors[unet + "output_blocks.11.0.skip_connection.weight"][:, -32:, 0, 0] = torch.eye(32)
    tensors[unet + "out.0.weight"].fill_(1)
    return tensors


@pytest.mark.parametrize("base", [Base.SD1, Base.SDXL])
def test_v_prediction_of_others_is_marked_in_the_file(
    base: Base, loaded: dict[Base, StableDiffusion], changed: Callable[..., Path]
) -> None:
    assert not loaded[base].v_prediction
    assert loading.load(changed(base, {"v_pred": torch.zeros(0)})).v_prediction


def test_a_checkpoint_marked_so_ends_in_pure_noise(
    loaded: dict[Base, StableDiffusion], changed: Callable[..., Path]
) -> None:
    marked = loading.load(changed(Base.SDXL, {"v_pred": torch.zeros(0), "ztsnr": torch.zeros(0)})).alphas_cumprod
    plain = loaded[Base.SDXL].alphas_cumprod
    assert plain[-1] == pytest.approx(0.00466, rel=1e-2)
    assert marked[0] == pytest.approx(plain[0].item())
    assert (1 / marked[-1] - 1).sqrt().item() == pytest.approx(4518.8, abs=0.1)  # infinite at 0


def test_the_noise_schedule_is_diffusers_own() -> None:
    betas = torch.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2
    torch.testing.assert_close(alphas_cumprod(), (1 - betas).cumprod(0), rtol=1e-4, atol=0)
    rescaled = (1 - rescale_zero_terminal_snr(betas)).cumprod(0)
    torch.testing.assert_close(alphas_cumprod(zero_terminal_snr=True)[:-1], rescaled[:-1], rtol=1e-3, atol=1e-7)
