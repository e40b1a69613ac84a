import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from container.denoiser import Denoiser
from container.infotext import Named, Seeds
from container.latents import NotNumbers
from container.pipeline import Pipeline
from container.sampling.noise import Noise
from shared.samplers import OWN_LEVELS, SAMPLERS, Sampler
from tests.container.drawing import NOTHING, difference, drawings, drawn, pixels, steps, txt2img, unheard

NAMED = Named("tiny", "0123456789abcdef")


def settings(**fields: Any) -> dict[str, Any]:
    return {"override_settings": fields}


def test_loading_reaches_for_no_network(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("the network was reached for")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    Pipeline.load(checkpoint, NAMED)


def test_the_same_seed_gives_the_same_picture(pipeline: Pipeline) -> None:
    assert np.array_equal(drawn(pipeline, txt2img()), drawn(pipeline, txt2img()))


def test_a_picture_is_noise_and_neither_flat_nor_clipped(pipeline: Pipeline) -> None:
    assert 10 < drawn(pipeline, txt2img()).std() < 100


@pytest.mark.parametrize(
    ("plain", "change"),
    [
        ({}, {"seed": 8}),
        ({}, {"steps": 3}),
        ({}, {"prompt": "a blue square"}),
        ({}, {"prompt": "a (red:1.3) circle"}),
        ({}, {"prompt": ""}),
        ({}, {"negative_prompt": "blurry"}),
        ({}, {"cfg_scale": 1}),
        ({}, {"cfg_scale": 8.5}),
        ({"steps": 3}, {"sampler_name": "DPM++ 2M"}),
        ({"steps": 3}, {"scheduler": "Karras"}),
        ({}, {"subseed_strength": 0.1}),
        ({}, {"seed_resize_from_w": 96, "seed_resize_from_h": 64}),
        ({}, {"tiling": True}),
        ({}, {"s_churn": 1}),
        ({"s_churn": 1}, {"s_noise": 1.1}),
        ({"s_churn": 1}, {"s_tmin": 5}),
        ({"s_churn": 1}, {"s_tmax": 5}),
        ({}, settings(CLIP_stop_at_last_layers=2)),
        ({"sampler_name": "Euler a"}, {"eta": 0.5}),
        ({"sampler_name": "DDIM", "steps": 3}, {"eta": 0.5}),
        ({"sampler_name": "DPM fast", "steps": 3}, {"eta": 0.5}),
        ({"sampler_name": "DPM adaptive"}, {"eta": 0.5}),
        ({"sampler_name": "Euler a"}, settings(eta_noise_seed_delta=31337)),
        ({}, settings(randn_source="CPU")),
    ],
    ids=str,
)
def test_every_parameter_changes_the_picture(pipeline: Pipeline, plain: dict[str, Any], change: dict[str, Any]) -> None:
    assert difference(drawn(pipeline, txt2img(**plain)), drawn(pipeline, txt2img(**plain | change))) > 0.01


@pytest.mark.parametrize(
    "change",
    [
        {"cfg_scale": 1, "negative_prompt": "blurry"},  # without guidance
        {"cfg_scale": 1, "eta": 0.5},  # for a sampler that adds no noise
        {"cfg_scale": 1, **settings(eta_noise_seed_delta=31337)},
        {"cfg_scale": 1, **settings(randn_source="NV")},  # the same numbers as GPU's
        {"cfg_scale": 1, "subseed": 5},  # at a strength of 0
        {"cfg_scale": 1, "seed_resize_from_w": 64, "seed_resize_from_h": 64},  # the picture's own size
        {"cfg_scale": 1, "seed_resize_from_w": 96, "seed_resize_from_h": 0},
    ],
    ids=str,
)
def test_what_does_not_count_changes_nothing(pipeline: Pipeline, change: dict[str, Any]) -> None:
    assert np.array_equal(drawn(pipeline, txt2img(cfg_scale=1)), drawn(pipeline, txt2img(**change)))


@pytest.mark.parametrize(("sampler", "quarter"), [("Euler", 1), ("Heun", 2), ("DPM++ 2S a", 2)])
def test_a_prompt_is_edited_at_a_share_of_the_models_calls(pipeline: Pipeline, sampler: Sampler, quarter: int) -> None:
    """Of which some samplers make two in each step: there a step's number counts halves, as in the WebUI."""
    share, number, never = (
        drawn(pipeline, txt2img(sampler_name=sampler, steps=4, prompt=f"[cat:(blue squares:1.5):{when}]"))
        for when in ("0.25", quarter, "1.0")
    )
    assert np.array_equal(share, number)
    assert difference(share, never) > 0.01


@pytest.mark.parametrize(("sampler", "scale"), [("DDIM CFG++", 0.56), ("DDIM", 7)])
def test_of_the_cfg_scale_cfg_plus_plus_takes_the_webuis_share(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, sampler: Sampler, scale: float
) -> None:
    """Its own scale goes to 1, which is 12.5 in the WebUI."""
    scales: set[float] = set()
    call = Denoiser.__call__

    def kept(denoiser: Denoiser, x: Tensor, sigma: float) -> Tensor:
        scales.add(denoiser.cfg_scale)
        return call(denoiser, x, sigma)

    monkeypatch.setattr(Denoiser, "__call__", kept)
    drawn(pipeline, txt2img(sampler_name=sampler, cfg_scale=7))
    assert [*scales] == [pytest.approx(scale)]


@pytest.mark.parametrize("sampler", [sampler for sampler in SAMPLERS if sampler != "DPM adaptive"])
def test_a_picture_is_the_same_in_a_batch_and_alone(pipeline: Pipeline, sampler: Sampler) -> None:
    together = drawings(pipeline, txt2img(batch_size=2, n_iter=2, sampler_name=sampler))
    assert [each.seeds.seed for each in together] == [7, 8, 9, 10]
    alone = drawn(pipeline, txt2img(seed=10, sampler_name=sampler))
    assert abs(pixels(together[3]) - alone).max() <= 2  # of 255: sums of floats in another order


def test_seeds_count_on_past_the_largest_that_can_be_asked_for(pipeline: Pipeline) -> None:
    last = drawings(pipeline, txt2img(seed=2**32 - 1, subseed=2**32 - 1, batch_size=2))
    assert [each.seeds for each in last] == [Seeds(2**32 - 1, 2**32 - 1), Seeds(2**32, 2**32)]


def test_a_whole_variation_is_the_picture_of_its_own_seed(pipeline: Pipeline) -> None:
    varied = drawn(pipeline, txt2img(seed=7, subseed=3, subseed_strength=1))
    assert abs(varied - drawn(pipeline, txt2img(seed=3))).max() <= 1


def test_variations_count_and_their_seed_stays(pipeline: Pipeline) -> None:
    varied = drawings(pipeline, txt2img(subseed_strength=0.3, batch_size=2, n_iter=2))
    assert [each.seeds for each in varied] == [Seeds(7, 3), Seeds(7, 4), Seeds(7, 5), Seeds(7, 6)]
    assert len({each.image.tobytes() for each in varied}) == 4
    alone = drawn(pipeline, txt2img(subseed_strength=0.3, subseed=6))
    assert abs(pixels(varied[3]) - alone).max() <= 2


def test_each_batch_is_handed_over_before_the_next_is_drawn(pipeline: Pipeline) -> None:
    told: list[tuple[int, int]] = []
    batches = pipeline.draw(txt2img(batch_size=2, n_iter=2), NOTHING, lambda step, of, _: told.append((step, of)))
    assert len(next(batches).drawings) == 2
    assert told == [(1, 4), (2, 4)]
    assert len(next(batches).drawings) == 2
    assert next(batches, None) is None


@pytest.mark.parametrize("sampler", [sampler for sampler in SAMPLERS if sampler not in OWN_LEVELS])
def test_progress_counts_to_its_end_with_every_sampler(pipeline: Pipeline, sampler: Sampler) -> None:
    counted = 2 * (5 - (sampler in ("DDIM", "DDIM CFG++", "PLMS")))  # these end at their last timestep
    told = steps(pipeline, txt2img(sampler_name=sampler, steps=5, n_iter=2, cfg_scale=1))
    assert told == [(step, counted) for step in range(1, counted + 1)]


@pytest.mark.parametrize("sampler", sorted(OWN_LEVELS))
def test_progress_counts_the_ordered_steps_of_samplers_that_choose_their_own(
    pipeline: Pipeline, sampler: Sampler
) -> None:
    told = steps(pipeline, txt2img(sampler_name=sampler, steps=5, n_iter=2, cfg_scale=1))
    assert {of for _, of in told} == {10}
    done = [step for step, _ in told]
    assert done == sorted(done)
    assert {5, 10} <= set(done)
    assert done[-1] == 10


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_draws_a_single_step(pipeline: Pipeline, sampler: Sampler) -> None:
    assert drawn(pipeline, txt2img(sampler_name=sampler, steps=1)).std() > 10


@pytest.mark.parametrize(
    "fields",
    [
        {"sampler_name": "DPM++ 3M SDE"},
        {"tiling": True},
        {"enable_hr": True, "hr_scale": 1.5},
        {"prompt": "[a:b:1] AND c:0.5", **settings(CLIP_stop_at_last_layers=3)},
    ],
    ids=str,
)
def test_an_order_leaves_nothing_to_the_next(pipeline: Pipeline, untouched: Any, fields: dict[str, Any]) -> None:
    drawings(pipeline, txt2img(**fields))
    assert np.array_equal(drawn(pipeline, txt2img(steps=3)), untouched)


@pytest.fixture(scope="module")
def untouched(checkpoint: Path) -> Any:
    return drawn(Pipeline.load(checkpoint, NAMED), txt2img(steps=3))


def test_the_ordered_size_is_drawn_and_told_of(pipeline: Pipeline) -> None:
    (drawing,) = drawings(pipeline, txt2img(width=96, height=72))
    assert drawing.image.size == (96, 72)
    assert drawing.infotext == (
        "a red circle\nSteps: 2, Sampler: Euler, Schedule type: Automatic, CFG scale: 7, Seed: 7, Size: 96x72, "
        "Model hash: 0123456789, Model: tiny, Version: goc-0.1.0"
    )


def test_a_checkpoint_of_a_zero_terminal_snr_is_told_of(checkpoint: Path, tmp_path: Path) -> None:
    save_file(load_file(checkpoint) | {"ztsnr": torch.zeros(0)}, tmp_path / "marked.safetensors")
    (drawing,) = drawings(Pipeline.load(tmp_path / "marked.safetensors", NAMED), txt2img())
    assert drawing.infotext.endswith("Model: tiny, Noise Schedule: Zero Terminal SNR, Version: goc-0.1.0")


def test_every_picture_is_told_its_own_seeds(pipeline: Pipeline) -> None:
    texts = [each.infotext for each in drawings(pipeline, txt2img(subseed_strength=0.5, n_iter=2))]
    assert ["Variation seed: 3, " in texts[0], "Variation seed: 4, " in texts[1]] == [True, True]
    texts = [each.infotext for each in drawings(pipeline, txt2img(batch_size=2))]
    assert [", Seed: 7, " in texts[0], ", Seed: 8, " in texts[1]] == [True, True]


def test_a_prompt_past_the_models_length_is_drawn_and_not_logged(
    pipeline: Pipeline, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    long = drawn(pipeline, txt2img(prompt="secret " * 80, negative_prompt="x"))
    assert difference(long, drawn(pipeline, txt2img(prompt="secret " * 70, negative_prompt="x"))) > 0.01
    assert "secret" not in "".join([*capfd.readouterr(), caplog.text])


def test_a_picture_of_no_numbers_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    broken = {"first_stage_model.decoder.conv_out.bias": torch.full((3,), torch.nan, dtype=torch.float16)}
    save_file(load_file(checkpoint) | broken, tmp_path / "broken.safetensors")
    with pytest.raises(NotNumbers, match=r"NaN.* Upload it again, or choose another"):
        drawings(Pipeline.load(tmp_path / "broken.safetensors", NAMED), txt2img())


def test_with_tiling_a_picture_has_no_edges(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """Noise that is shifted around gives the picture shifted around, as far as the UNet's coarsest layer allows."""
    order, plain = txt2img(width=128, tiling=True), txt2img(width=128)
    tiled, edged = drawn(pipeline, order), drawn(pipeline, plain)
    first = Noise.first

    def shifted(noise: Noise) -> Tensor:
        return first(noise).roll(8, dims=3)

    monkeypatch.setattr(Noise, "first", shifted)
    assert abs(drawn(pipeline, order) - np.roll(tiled, 64, axis=1)).max() <= 2
    assert difference(drawn(pipeline, plain), np.roll(edged, 64, axis=1)) > 1


def test_a_grid_of_all_pictures_comes_with_the_last_batch(pipeline: Pipeline) -> None:
    order = txt2img(batch_size=2, n_iter=2, width=72, **settings(return_grid=True))
    first, last = pipeline.draw(order, NOTHING, unheard)
    assert first.extras == []
    (grid,) = last.extras
    assert (grid.kind, grid.unit, grid.image.size) == ("grid", None, (144, 128))
    assert grid.infotext == first.drawings[0].infotext
    corners = [grid.image.crop((x, y, x + 72, y + 64)).tobytes() for y in (0, 64) for x in (0, 72)]
    assert corners == [each.image.tobytes() for each in (*first.drawings, *last.drawings)]


@pytest.mark.parametrize("fields", [{"n_iter": 1, **settings(return_grid=True)}, {"n_iter": 2}], ids=str)
def test_there_is_no_grid_of_one_picture_nor_one_that_was_not_asked_for(
    pipeline: Pipeline, fields: dict[str, Any]
) -> None:
    assert [each.extras for each in pipeline.draw(txt2img(**fields), NOTHING, unheard)] == [[]] * fields["n_iter"]
