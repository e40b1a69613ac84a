from collections.abc import Iterator
from contextlib import contextmanager
from math import sqrt
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from container import loading
from container.conditions import Conditions
from container.controlnet.control import Control
from container.denoiser import Denoiser, Inpainting
from container.loading import StableDiffusion
from container.prompts.encoder import Conditioning, Encoder
from container.prompts.text_encoder import TextEncoder
from container.sampling.schedules import NoiseSchedule
from shared.contents import Base
from shared.controlnet import Unit
from tests.container.controlnets import controlnet

X = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0)) * 5
SIGMA = 4.0
LONG = "a long prompt of many words, " * 12  # four chunks


@pytest.fixture(scope="module")
def models(checkpoints: dict[Base, Path]) -> dict[Base, StableDiffusion]:
    return {base: loading.load(path) for base, path in checkpoints.items()}


@pytest.fixture(scope="module")
def tiny(models: dict[Base, StableDiffusion]) -> StableDiffusion:
    return models[Base.SD1]


def encoder(model: StableDiffusion) -> Encoder:
    pairs = zip(model.text_encoders, model.tokenizers, strict=True)
    return Encoder(model.tokenizers[0], *(TextEncoder(each, clip.pad_token_id) for each, clip in pairs))


def levels(model: StableDiffusion) -> NoiseSchedule:
    return NoiseSchedule.from_alphas_cumprod(model.alphas_cumprod)


def denoiser(model: StableDiffusion, prompt: str, negative: str = "", cfg_scale: float = 7, **more: Any) -> Denoiser:
    conditions = Conditions(prompt, negative, encoder(model).encode_all, calls=2)
    return Denoiser(model, levels(model), conditions, cfg_scale, (64, 64), **more)


@torch.inference_mode()
def seen(model: StableDiffusion, prompt: str, negative: str = "", cfg_scale: float = 7, **more: Any) -> Tensor:
    return denoiser(model, prompt, negative, cfg_scale, **more)(X, SIGMA)


@torch.inference_mode()
def alone(model: StableDiffusion, text: str, repeats: int = 0) -> Tensor:
    """x0 as the UNet itself sees it under one text, with its last vector repeated this many more times."""
    told: Conditioning = encoder(model).encode(text)
    tokens = torch.cat([told.tokens, *[told.tokens[-1:]] * repeats])
    added = {}
    if told.pooled is not None:
        sizes = torch.tensor([[64.0, 64, 0, 0, 64, 64]] * 2)
        added = {"text_embeds": told.pooled[None].repeat(2, 1), "time_ids": sizes}
    time = torch.tensor(levels(model).time(SIGMA))
    scaled = X / sqrt(SIGMA**2 + 1)
    said: Tensor = model.unet(scaled, time, tokens[None].repeat(2, 1, 1), added_cond_kwargs=added).sample
    if model.v_prediction:
        return scaled / sqrt(SIGMA**2 + 1) - said * SIGMA / sqrt(SIGMA**2 + 1)
    return X - said * SIGMA


@contextmanager
def batches(model: StableDiffusion) -> Iterator[list[int]]:
    """How many pictures the UNet is called with, call by call."""
    calls: list[int] = []
    hook = model.unet.register_forward_pre_hook(lambda _, inputs: calls.append(len(inputs[0])))
    yield calls
    hook.remove()


def close(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found, expected, atol=2e-4, rtol=1e-3)


@pytest.mark.parametrize("base", Base)
def test_the_prompt_pulls_away_from_the_negative_one(models: dict[Base, StableDiffusion], base: Base) -> None:
    model = models[base]
    cat, blurry = alone(model, "a cat"), alone(model, "blurry")
    close(seen(model, "a cat", "blurry", 7), blurry + 7 * (cat - blurry))


@pytest.mark.parametrize(("prompt", "negative"), [(LONG, "blurry"), ("a cat", LONG)])
def test_prompts_of_two_lengths_are_told_apart(tiny: StableDiffusion, prompt: str, negative: str) -> None:
    one, other = alone(tiny, prompt), alone(tiny, negative)
    with batches(tiny) as calls:
        close(seen(tiny, prompt, negative, 3), other + 3 * (one - other))
    assert calls == [2, 2]


def test_parts_pull_by_their_own_weights(tiny: StableDiffusion) -> None:
    cat, dog = (alone(tiny, text, repeats=3 * 77) for text in ("a cat", "a dog"))  # as long as the longest part
    long, bad = (alone(tiny, text) for text in (LONG.strip(), "bad"))
    found = seen(tiny, f"a cat AND {LONG} :0.5 AND a dog:-0.2", "bad", 3)
    close(found, bad + 3 * ((cat - bad) + 0.5 * (long - bad) - 0.2 * (dog - bad)))


def test_a_prompt_joined_to_itself_by_halves_is_itself(tiny: StableDiffusion) -> None:
    close(seen(tiny, "a cat:0.5 AND a cat:0.5", "bad"), seen(tiny, "a cat", "bad"))
    assert not torch.allclose(seen(tiny, "a cat AND a cat", "bad"), seen(tiny, "a cat", "bad"), atol=1e-2)


def test_one_length_is_one_batch(tiny: StableDiffusion) -> None:
    with batches(tiny) as calls:
        seen(tiny, "a cat AND a dog", "bad")
    assert calls == [6]


@pytest.mark.parametrize("cfg_scale", [1, 7])
def test_the_noise_that_is_seen_without_the_prompt_is_kept(tiny: StableDiffusion, cfg_scale: float) -> None:
    keeping = denoiser(tiny, "a cat", "bad", cfg_scale, keeping=True)
    with torch.inference_mode():
        keeping(X, SIGMA)
    close(keeping.unguided, (X - alone(tiny, "bad")) / SIGMA)


def test_without_guidance_the_negative_prompt_is_not_even_looked_at(tiny: StableDiffusion) -> None:
    with batches(tiny) as calls:
        found = seen(tiny, "a cat", "bad", cfg_scale=1)
    assert calls == [2]
    close(found, alone(tiny, "a cat"))


def test_a_part_of_another_weight_is_guided_also_by_a_scale_of_one(tiny: StableDiffusion) -> None:
    cat, bad = alone(tiny, "a cat"), alone(tiny, "bad")
    close(seen(tiny, "a cat :0.5", "bad", cfg_scale=1), bad + 0.5 * (cat - bad))


@torch.inference_mode()
def test_every_call_has_the_prompt_of_its_place(tiny: StableDiffusion) -> None:
    edited = denoiser(tiny, "a [cat:dog:0.01]", cfg_scale=1)
    close(edited(X, SIGMA), alone(tiny, "a dog"))
    alternating = denoiser(tiny, "a [cat|dog]", cfg_scale=1)
    first = [alternating(X, SIGMA) for _ in range(3)]
    close(first[0], alone(tiny, "a cat"))
    close(first[2], alone(tiny, "a dog"))


def test_what_is_not_masked_is_kept(tiny: StableDiffusion) -> None:
    kept, mask = torch.ones(2, 4, 8, 8), torch.zeros(2, 1, 8, 8)
    mask[..., :4] = 1
    found = seen(tiny, "a cat", inpainting=Inpainting(kept, mask))
    assert (found[..., 4:] == 1).all()
    assert torch.equal(found[..., :4], seen(tiny, "a cat")[..., :4])


def test_what_is_not_masked_may_be_laid_over_what_the_model_is_shown(tiny: StableDiffusion) -> None:
    kept, mask = torch.ones(2, 4, 8, 8), torch.zeros(2, 1, 8, 8)
    mask[..., :4] = 1
    shown = torch.where(mask == 1, X, sqrt(SIGMA**2 + 1) * kept)
    found = seen(tiny, "a cat", inpainting=Inpainting(kept, mask, shown=True))
    close(X - found, shown - denoised(tiny, shown))


@torch.inference_mode()
def denoised(model: StableDiffusion, x: Tensor) -> Tensor:
    return denoiser(model, "a cat")(x, SIGMA)


def control(model: StableDiffusion, **fields: Any) -> Control:
    unit = Unit(enabled=True, model="canny", **fields)
    return Control.of(unit, 0, controlnet(model.unet), torch.ones(1, 3, 64, 64))


@pytest.mark.parametrize("base", Base)
def test_a_control_guides_checkpoints_of_every_base(models: dict[Base, StableDiffusion], base: Base) -> None:
    model = models[base]
    assert not torch.allclose(seen(model, "a cat", controls=[control(model)]), seen(model, "a cat"), atol=1e-2)


def test_a_control_guides_in_its_window(tiny: StableDiffusion) -> None:
    free = seen(tiny, "a cat")
    late = control(tiny, guidance_start=0.5)
    assert torch.equal(seen(tiny, "a cat", controls=[late]), free)
    assert not torch.allclose(seen(tiny, "a cat", controls=[late], steps=2, counted=1), free, atol=1e-2)


@pytest.mark.parametrize("cfg_scale", [1, 7])
def test_a_control_of_no_weight_is_none(tiny: StableDiffusion, cfg_scale: float) -> None:
    found = seen(tiny, "a cat", cfg_scale=cfg_scale, controls=[control(tiny, weight=0)])
    assert torch.equal(found, seen(tiny, "a cat", cfg_scale=cfg_scale))


@pytest.mark.parametrize("negative", ["bad", LONG])
def test_the_more_important_control_leaves_the_negative_prompt_alone(tiny: StableDiffusion, negative: str) -> None:
    important = control(tiny, control_mode="ControlNet is more important")
    guided = seen(tiny, "a cat", cfg_scale=1, controls=[important])
    free = alone(tiny, negative)
    close(seen(tiny, "a cat", negative, 3, controls=[important]), free + 3 * (guided - free))
