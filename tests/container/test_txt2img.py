"""Pictures from prompts: as diffusers' own pipelines draw them, and larger ones in a second pass."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import EulerDiscreteScheduler, StableDiffusionPipeline, StableDiffusionXLPipeline
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate

from container.canvas import Canvas
from container.infotext import Named
from container.pipeline import Materials, Pipeline
from container.sampling.noise import Noise
from container.work import Pass, Work
from shared.contents import Base
from shared.upscalers import UPSCALERS
from tests.container.drawing import Pixels, difference, drawings, drawn, img2img, steps, txt2img
from tests.container.fakes import encoded, squares

HIRES: dict[str, Any] = {"enable_hr": True, "hr_scale": 1.5}


@pytest.fixture(scope="module")
def pipelines(checkpoints: dict[Base, Path]) -> dict[Base, Pipeline]:
    return {base: Pipeline.load(path, Named("tiny", "")) for base, path in checkpoints.items()}


def stock(pipeline: Pipeline, prompt: str, negative: str, steps: int) -> Pixels:
    """What diffusers' pipeline draws with the same checkpoint and seed 7."""
    model = pipeline.model
    parts: dict[str, Any] = {"unet": model.unet, "vae": model.vae}
    for place, (encoder, tokenizer) in enumerate(zip(model.text_encoders, model.tokenizers, strict=True)):
        parts |= {f"text_encoder{'_2' * place}": encoder, f"tokenizer{'_2' * place}": tokenizer}
    if model.base is not Base.SDXL:
        parts |= dict.fromkeys(("safety_checker", "feature_extractor"), None) | {"requires_safety_checker": False}
    scheduler = EulerDiscreteScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        timestep_spacing="linspace",
        steps_offset=1,  # matters only for other spacings, but diffusers warns without it
        prediction_type="v_prediction" if model.v_prediction else "epsilon",
    )
    kind = StableDiffusionXLPipeline if model.base is Base.SDXL else StableDiffusionPipeline
    drawing = kind(**parts, scheduler=scheduler)
    drawing.set_progress_bar_config(disable=True)
    noise = torch.randn(1, 4, 8, 12, generator=torch.Generator().manual_seed(7))
    asked = {"num_inference_steps": steps, "guidance_scale": 7.0, "latents": noise, "width": 96, "height": 64}
    (image,) = drawing(prompt, negative_prompt=negative or None, **asked).images
    return np.asarray(image, dtype=np.int64)


@pytest.mark.parametrize("negative", ["", "blurry"])
@pytest.mark.parametrize("base", Base)
def test_a_picture_is_the_one_that_diffusers_own_pipeline_draws(
    pipelines: dict[Base, Pipeline], base: Base, negative: str
) -> None:
    """Four timesteps from 999 to 0 are whole: between whole ones, the two interpolate differently."""
    pipeline = pipelines[base]
    expected = stock(pipeline, "a red circle", negative, 4)
    order = {"negative_prompt": negative, "steps": 4, "scheduler": "Uniform", "width": 96}
    found = drawn(pipeline, txt2img(**order, override_settings={"randn_source": "CPU"}))
    assert abs(found - expected).max() <= 2
    assert expected.std() > 10


def test_the_bases_predict_what_they_were_made_for(pipelines: dict[Base, Pipeline]) -> None:
    predicting_v = {base for base, pipeline in pipelines.items() if pipeline.model.v_prediction}
    assert predicting_v == {Base.SD2}  # with random weights, too


@pytest.mark.parametrize("base", Base)
def test_every_base_draws_long_prompts_joined_by_and_and_a_second_pass(
    pipelines: dict[Base, Pipeline], base: Base
) -> None:
    order = txt2img(prompt="a " * 80 + "AND (b:1.2) :0.5", negative_prompt="blurry", **HIRES)
    assert drawn(pipelines[base], order).shape == (96, 96, 3)


@pytest.mark.parametrize(
    ("fields", "size"),
    [
        ({"hr_scale": 2}, (128, 128)),
        ({"hr_scale": 1.3}, (80, 80)),
        ({"hr_resize_x": 96}, (96, 96)),
        ({"hr_resize_y": 96}, (96, 96)),
        ({"hr_resize_x": 96, "hr_resize_y": 128, "hr_scale": 4}, (96, 128)),
        ({"hr_resize_x": 128, "hr_resize_y": 72}, (128, 72)),
        ({"hr_resize_x": 128, "hr_resize_y": 72, "hr_upscaler": "Lanczos"}, (128, 72)),
    ],
    ids=str,
)
def test_the_second_pass_has_the_size_that_was_asked_for(
    pipeline: Pipeline, fields: dict[str, Any], size: tuple[int, int]
) -> None:
    (drawing,) = drawings(pipeline, txt2img(enable_hr=True, **fields))
    assert drawing.image.size == size


@pytest.mark.parametrize("upscaler", ["Nearest", "Lanczos", "Latent"])
def test_a_size_that_is_no_multiple_of_eight_is_drawn_in_whole_eights(pipeline: Pipeline, upscaler: str) -> None:
    (drawing,) = drawings(pipeline, txt2img(enable_hr=True, hr_scale=1.3, hr_upscaler=upscaler))
    assert drawing.image.size == (80, 80)


@pytest.mark.parametrize("upscaler", ["Nearest", "Latent (nearest)"])
def test_another_ratio_is_cut_from_the_middle(pipeline: Pipeline, upscaler: str) -> None:
    plain = {"cfg_scale": 1, "hr_upscaler": upscaler, "denoising_strength": 0}
    first = drawn(pipeline, txt2img(**plain), squares(pipeline))
    cut = drawn(pipeline, txt2img(**plain, enable_hr=True, hr_resize_x=64, hr_resize_y=128), squares(pipeline))
    enlarged = first.repeat(2, axis=0).repeat(2, axis=1)
    assert difference(cut, enlarged[:, 32:96]) < 6 < difference(cut, enlarged[:, :64])


def test_sdxl_is_told_the_size_that_the_second_pass_is_cut_from(pipelines: dict[Base, Pipeline]) -> None:
    sizes: list[list[float]] = []
    unet = pipelines[Base.SDXL].model.unet
    hook = unet.register_forward_pre_hook(
        lambda _, _inputs, named: sizes.append(named["added_cond_kwargs"]["time_ids"][0].tolist()), with_kwargs=True
    )
    try:
        drawn(pipelines[Base.SDXL], txt2img(steps=1, enable_hr=True, hr_resize_x=64, hr_resize_y=128))
        drawn(pipelines[Base.SDXL], txt2img(steps=1, enable_hr=True, hr_scale=1.3))
    finally:
        hook.remove()
    wanted = [(64, 64, 0, 0, 64, 64), (128, 128, 0, 0, 128, 128), (83, 83, 0, 0, 83, 83)]
    assert [*dict.fromkeys(map(tuple, sizes))] == wanted


def test_every_upscaler_draws_a_picture_of_its_own(pipeline: Pipeline) -> None:
    order = {"hr_second_pass_steps": 1, "denoising_strength": 0.3, "cfg_scale": 1, **HIRES}
    pictures = [drawn(pipeline, txt2img(hr_upscaler=upscaler, **order)) for upscaler in UPSCALERS]
    alike = [
        {UPSCALERS[place], UPSCALERS[other]}
        for place, picture in enumerate(pictures)
        for other in range(place)
        if np.array_equal(picture, pictures[other])
    ]
    # antialiasing matters only when a picture shrinks; and "None" is no choice in the WebUI
    assert alike == [{"Latent", "Latent (antialiased)"}, {"None", "Lanczos"}]


@pytest.mark.parametrize(
    ("upscaler", "mode", "antialias"),
    [
        ("Latent", "bilinear", False),
        ("Latent (antialiased)", "bilinear", True),
        ("Latent (bicubic)", "bicubic", False),
        ("Latent (bicubic antialiased)", "bicubic", True),
        ("Latent (nearest)", "nearest", False),
        ("Latent (nearest-exact)", "nearest-exact", False),
    ],
)
def test_a_latent_upscaler_enlarges_the_first_passs_latents_as_its_name_says(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, upscaler: str, mode: str, antialias: bool
) -> None:
    passes: list[tuple[Tensor, Tensor]] = []
    sample = Work.sample

    def kept(work: Work, one: Pass, noise: Noise, start: Tensor) -> Tensor:
        passes.append((start, sample(work, one, noise, start)))
        return passes[-1][1]

    monkeypatch.setattr(Work, "sample", kept)
    monkeypatch.setattr(Noise, "first", lambda noise: torch.zeros(1, 4, *noise._shape[1:]))
    drawn(pipeline, txt2img(hr_upscaler=upscaler, cfg_scale=1, **HIRES), squares(pipeline))
    (_, first), (start, _) = passes
    torch.testing.assert_close(start, interpolate(first, (12, 12), mode=mode, antialias=antialias))


@pytest.mark.parametrize(
    ("upscaler", "filter"), [("Lanczos", Image.Resampling.LANCZOS), ("Nearest", Image.Resampling.NEAREST)]
)
def test_a_picture_upscaler_enlarges_the_first_passs_picture_as_its_name_says(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, upscaler: str, filter: Image.Resampling
) -> None:
    shown = encoded(monkeypatch)
    (first,) = drawings(pipeline, txt2img(cfg_scale=1), squares(pipeline))
    drawn(pipeline, txt2img(hr_upscaler=upscaler, cfg_scale=1, **HIRES), squares(pipeline))
    assert [each.tobytes() for each in shown] == [first.image.resize((96, 96), filter).tobytes()]


@pytest.mark.parametrize(
    "change",
    [
        {"hr_second_pass_steps": 3},
        {"hr_sampler_name": "DPM++ SDE"},
        {"hr_scheduler": "Karras"},
        {"hr_prompt": "a blue square"},
        {"hr_negative_prompt": "blurry"},
        {"denoising_strength": 0.4},
        {"seed": 8},
    ],
    ids=str,
)
def test_the_second_pass_has_parameters_of_its_own(pipeline: Pipeline, change: dict[str, Any]) -> None:
    plain = HIRES | {"hr_second_pass_steps": 4}  # with fewer steps, schedule types do not differ
    assert difference(drawn(pipeline, txt2img(**plain)), drawn(pipeline, txt2img(**plain | change))) > 0.1


def test_an_edited_prompt_counts_on_in_the_second_pass(pipeline: Pipeline) -> None:
    edited = drawn(pipeline, txt2img(hr_prompt="a [cat:dog:0.5]", **HIRES))
    assert np.array_equal(edited, drawn(pipeline, txt2img(hr_prompt="a dog", **HIRES)))


def test_what_the_second_pass_is_not_told_is_as_in_the_first(pipeline: Pipeline) -> None:
    first = {"prompt": "a cat", "negative_prompt": "blurry", "sampler_name": "Heun", "scheduler": "Karras", "steps": 3}
    same = {"hr_second_pass_steps": 3} | {f"hr_{name}": first[name] for name in first if name != "steps"}
    assert np.array_equal(drawn(pipeline, txt2img(**HIRES | first)), drawn(pipeline, txt2img(**HIRES | first | same)))


def test_a_second_pass_of_no_strength_keeps_the_first_picture(pipeline: Pipeline) -> None:
    first = drawn(pipeline, txt2img(cfg_scale=1))
    kept = drawn(pipeline, txt2img(cfg_scale=1, enable_hr=True, hr_scale=1, denoising_strength=0))
    anew = drawn(pipeline, txt2img(cfg_scale=1, enable_hr=True, hr_scale=1, denoising_strength=1))
    assert difference(first, kept) < 3 < difference(first, anew)


@pytest.mark.parametrize(
    ("fields", "second"),
    [
        ({}, 2),
        ({"hr_second_pass_steps": 5}, 5),
        ({"hr_sampler_name": "DPM++ SDE"}, 2),
        ({"hr_sampler_name": "DDIM", "hr_second_pass_steps": 4}, 2),
        ({"denoising_strength": 0}, 1),
    ],
    ids=str,
)
def test_progress_covers_both_passes_of_every_batch(pipeline: Pipeline, fields: dict[str, Any], second: int) -> None:
    told = steps(pipeline, txt2img(n_iter=2, cfg_scale=1, **HIRES | fields))
    assert told == [(step, 2 * (2 + second)) for step in range(1, 2 * (2 + second) + 1)]


@pytest.mark.parametrize("sampler", ["DPM fast", "DPM adaptive"])
def test_progress_continues_from_pass_to_pass_with_samplers_that_choose_their_own_steps(
    pipeline: Pipeline, sampler: str
) -> None:
    fields = {"sampler_name": sampler, "hr_second_pass_steps": 5, "n_iter": 2, "cfg_scale": 1}
    told = steps(pipeline, txt2img(**HIRES | fields))
    done = [step for step, _ in told]
    assert {of for _, of in told} == {2 * (2 + 5)}
    assert done == sorted(done)
    assert {2, 2 + 5, 2 + 5 + 2, 2 * (2 + 5)} <= set(done)


@pytest.mark.parametrize("upscaler", ["Latent", "Lanczos"])
def test_a_second_pass_is_the_same_in_a_batch_and_alone(pipeline: Pipeline, upscaler: str) -> None:
    together = drawings(pipeline, txt2img(batch_size=2, hr_upscaler=upscaler, sampler_name="Euler a", **HIRES))
    alone = drawn(pipeline, txt2img(seed=8, hr_upscaler=upscaler, sampler_name="Euler a", **HIRES))
    assert abs(np.asarray(together[1].image, dtype=np.int64) - alone).max() <= 3


def test_a_distilled_model_is_asked_about_the_noise_that_it_knows(pipeline: Pipeline) -> None:
    """LCMs are distilled to every twentieth of the thousand timesteps."""
    times: list[float] = []
    hook = pipeline.model.unet.register_forward_pre_hook(lambda _, inputs: times.append(float(inputs[1])))
    try:
        drawn(pipeline, txt2img(sampler_name="LCM", steps=4, **HIRES))
        drawn(pipeline, img2img(sampler_name="LCM", steps=4), Materials(canvases=[Canvas(Image.new("RGB", (64, 64)))]))
    finally:
        hook.remove()
    assert len(times) == 4 + 4 + 4
    assert times[:4] == [999, 679, 339, 19]
    assert {time % 20 for time in times} == {19}
