from typing import Any

import pytest
import torch
from diffusers import ControlNetModel, DDIMScheduler, StableDiffusionControlNetPipeline, UNet2DConditionModel
from torch import Tensor

from container.architectures import Architecture
from container.controlnet.control import Control, UnusableWeights, residuals
from shared.controlnet import Unit
from tests.container.architectures import TINY_XL
from tests.container.controlnets import controlnet, unet

TIME = torch.tensor(500.0)
CONDITIONAL = torch.tensor([False, True, True])
LATENTS = torch.randn((3, 4, 8, 8), generator=torch.Generator().manual_seed(0))
STATES = torch.randn((3, 77, 32), generator=torch.Generator().manual_seed(1))
HINT = torch.rand((1, 3, 64, 64), generator=torch.Generator().manual_seed(2))


@pytest.fixture(scope="module")
def base() -> UNet2DConditionModel:
    return unet(Architecture("tiny"))


@pytest.fixture(scope="module")
def model(base: UNet2DConditionModel) -> ControlNetModel:
    return controlnet(base)


def control(model: ControlNetModel, second_pass: bool = False, **fields: Any) -> Control:
    return Control.of(Unit(enabled=True, **fields), 0, model, HINT, second_pass)


def added(controls: list[Control], share: float = 0.5, time: Tensor = TIME) -> list[Tensor]:
    """What the controls add to each layer, the middle last; empty if they add nothing."""
    found = residuals(controls, LATENTS, time, STATES, {}, share, CONDITIONAL)
    if not found:
        return []
    return [*found["down_block_additional_residuals"], found["mid_block_additional_residual"]]


def assert_close(found: list[Tensor], wanted: list[Tensor]) -> None:
    assert len(found) == len(wanted)
    for a, b in zip(found, wanted, strict=True):
        torch.testing.assert_close(a, b)


def test_a_plain_control_is_what_the_controlnet_says(model: ControlNetModel) -> None:
    down, middle = model(LATENTS, TIME, STATES, HINT.repeat(3, 1, 1, 1), return_dict=False)
    assert_close(added([control(model)]), [*down, middle])


def test_a_weight_of_nothing_is_no_control_at_all(model: ControlNetModel) -> None:
    assert added([]) == []
    assert added([control(model, weight=0)]) == []
    assert_close(added([control(model, weight=0), control(model)]), added([control(model)]))


def test_two_units_of_half_the_weight_are_one(model: ControlNetModel) -> None:
    half = control(model, weight=0.5)
    assert_close(added([half, half]), added([control(model)]))


def test_units_of_two_models_add_up(base: UNet2DConditionModel, model: ControlNetModel) -> None:
    other = control(controlnet(base, seed=2))
    alone = zip(added([control(model)]), added([other]), strict=True)
    assert_close(added([control(model), other]), [a + b for a, b in alone])


@pytest.mark.parametrize(
    ("start", "end", "steps"),
    [(0, 1, [0, 1, 2, 3]), (0, 0, [0]), (1, 1, []), (0.25, 0.5, [1, 2]), (0.3, 0.4, []), (0.5, 1, [2, 3])],
)
def test_a_unit_guides_in_its_window(model: ControlNetModel, start: float, end: float, steps: list[int]) -> None:
    windowed = control(model, guidance_start=start, guidance_end=end)
    assert [step for step in range(4) if added([windowed], share=step / 4)] == steps


def test_balanced_guides_all_rows_alike(model: ControlNetModel) -> None:
    assert all(layer.flatten(1).any(1).all() for layer in added([control(model)]))


def test_the_more_important_prompt_softens_the_outer_layers(model: ControlNetModel) -> None:
    soft = added([control(model, control_mode="My prompt is more important", weight=1.5)])
    full = added([control(model)])
    assert_close(soft, [1.5 * 0.825 ** (12 - layer) * each for layer, each in enumerate(full)])


def test_the_more_important_controlnet_leaves_the_negative_prompt_alone(model: ControlNetModel) -> None:
    guided = added([control(model, control_mode="ControlNet is more important")])
    soft = added([control(model, control_mode="My prompt is more important")])
    assert all(not layer[0].any() for layer in guided)
    assert_close([layer[1:] for layer in guided], [layer[1:] for layer in soft])


def test_in_a_second_pass_the_more_important_controlnet_guides_the_negative_prompt_too(model: ControlNetModel) -> None:
    second = control(model, control_mode="ControlNet is more important", second_pass=True)
    assert_close(added([second]), added([control(model, control_mode="My prompt is more important")]))


def test_rows_may_be_at_times_of_their_own(model: ControlNetModel) -> None:
    times = torch.tensor([500.0, 500.0, 20.0])
    chosen = control(model, control_mode="ControlNet is more important")
    same, other = added([chosen]), added([chosen], time=times)
    assert_close([layer[1] for layer in same], [layer[1] for layer in other])
    # but for the first layer, which sees no time
    assert not any(torch.allclose(a[2], b[2]) for a, b in list(zip(same, other, strict=True))[1:])


def test_layers_weights_stand_for_weight_and_mode(model: ControlNetModel) -> None:
    numbers = [layer / 10 for layer in range(13)]
    weighted = control(model, advanced_weighting=numbers, weight=0, control_mode="My prompt is more important")
    full = added([control(model)])
    assert_close(added([weighted]), [number * each for number, each in zip(numbers, full, strict=True)])


def test_too_few_layers_weights_are_refused_by_the_unit(model: ControlNetModel) -> None:
    unit = Unit(enabled=True, advanced_weighting=[1.0] * 10)
    with pytest.raises(UnusableWeights, match=r"unit 4 has 10 numbers .* 13 layers\. Send 13 numbers"):
        Control.of(unit, 4, model, HINT)


@pytest.mark.parametrize(("module", "softer"), [("canny", True), ("none", False)])
def test_hard_edges_are_softer_in_a_second_pass(model: ControlNetModel, module: str, softer: bool) -> None:
    second = added([control(model, module=module, second_pass=True)])
    soft = added([control(model, control_mode="My prompt is more important")])
    assert_close(second, soft if softer else added([control(model)]))


def test_a_shuffle_model_guides_by_means_and_the_prompts_rows_alone(base: UNet2DConditionModel) -> None:
    model = controlnet(base)
    full = added([control(model)])
    model.register_to_config(global_pool_conditions=True)
    pooled = added([control(model)])
    assert all(not layer[0].any() for layer in pooled)
    assert_close([layer[1:] for layer in pooled], [layer[1:].mean((2, 3), keepdim=True) for layer in full])
    out = base(LATENTS, TIME, STATES, **residuals([control(model)], LATENTS, TIME, STATES, {}, 0, CONDITIONAL)).sample
    assert out.shape == LATENTS.shape


def test_sdxl_is_guided_with_what_its_unet_is_told_besides() -> None:
    base = unet(TINY_XL)
    states = torch.randn(3, 77, base.config.cross_attention_dim)
    times, pooled = torch.tensor([[64.0, 64, 0, 0, 64, 64]] * 3), torch.randn(3, 88 - 6 * 8)
    besides = {"text_embeds": pooled, "time_ids": times}
    guided = control(controlnet(base), control_mode="ControlNet is more important")
    assert guided.weights == pytest.approx([0.825 ** (12 - layer) for layer in range(10)])
    found = residuals([guided], LATENTS, TIME, states, besides, 0, CONDITIONAL)
    plain = base(LATENTS, TIME, states, added_cond_kwargs=besides).sample
    drawn = base(LATENTS, TIME, states, added_cond_kwargs=besides, **found).sample
    assert torch.equal(plain[0], drawn[0])
    assert not torch.allclose(plain[1], drawn[1])


@torch.inference_mode()
def test_a_picture_is_guided_as_diffusers_own_pipeline_guides_it(
    base: UNet2DConditionModel, model: ControlNetModel
) -> None:
    scheduler = DDIMScheduler(beta_schedule="scaled_linear", clip_sample=False)
    pipeline = StableDiffusionControlNetPipeline(
        None, None, None, base, model, scheduler, None, None, requires_safety_checker=False
    )
    pipeline.set_progress_bar_config(disable=True)
    theirs = pipeline(
        image=HINT,
        prompt_embeds=STATES[1:2],
        negative_prompt_embeds=STATES[:1],
        latents=LATENTS[:1],
        num_inference_steps=3,
        guidance_scale=5.0,
        controlnet_conditioning_scale=0.7,
        output_type="latent",
    ).images

    scheduler.set_timesteps(3)
    controls, latents, rows = [control(model, weight=0.7)], LATENTS[:1], torch.tensor([False, True])
    for step, time in enumerate(scheduler.timesteps):
        sample = latents.repeat(2, 1, 1, 1)
        found = residuals(controls, sample, time, STATES[:2], {}, step / 3, rows)
        negative, positive = base(sample, time, STATES[:2], **found).sample.chunk(2)
        latents = scheduler.step(negative + 5.0 * (positive - negative), time, latents).prev_sample
    torch.testing.assert_close(latents, theirs)
