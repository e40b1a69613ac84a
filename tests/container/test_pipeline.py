import socket
from collections.abc import Callable
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import load_file, save_file

from container import random_weights
from container.architectures import Architecture, UnusableCheckpoint
from container.infotext import png
from container.pipeline import Drawing, NotDrawn, Pipeline
from shared.parameters import SAMPLERS, Parameters, Sampler


def order(**fields: Any) -> Parameters:
    small: dict[str, Any] = {"prompt": "a red circle", "seed": 7, "steps": 2, "width": 64, "height": 64}
    return Parameters(**small | fields)


def draw(pipeline: Pipeline, **fields: Any) -> list[Drawing]:
    return list(chain.from_iterable(pipeline.draw(order(**fields), lambda _: None)))


def pixels(drawing: Drawing) -> NDArray[np.int64]:
    return np.asarray(drawing.image, dtype=np.int64)


@pytest.mark.parametrize(
    ("part", "ldm_name"),
    [
        ("unet", random_weights.unet_name),
        ("vae", random_weights.vae_name),
        ("text_encoder", random_weights.text_encoder_name),
    ],
)
def test_every_random_weight_arrives_where_it_belongs(
    pipeline: Pipeline, checkpoint: Path, part: str, ldm_name: Callable[[str], str]
) -> None:
    written = load_file(checkpoint)
    loaded = getattr(pipeline.stable_diffusion, part).state_dict()
    prefix = ldm_name("")
    assert {ldm_name(name) for name in loaded} == {name for name in written if name.startswith(prefix)}
    for name, tensor in loaded.items():
        assert torch.equal(tensor, written[ldm_name(name)].float().reshape(tensor.shape)), name


def test_random_weights_have_the_names_of_the_original(checkpoint: Path) -> None:
    assert load_file(checkpoint).keys() >= {
        "model.diffusion_model.time_embed.2.bias",
        "model.diffusion_model.input_blocks.3.0.op.weight",
        "model.diffusion_model.input_blocks.7.1.transformer_blocks.0.attn2.to_out.0.bias",
        "model.diffusion_model.middle_block.2.emb_layers.1.weight",
        "model.diffusion_model.output_blocks.2.1.conv.weight",
        "model.diffusion_model.output_blocks.5.2.conv.weight",
        "model.diffusion_model.output_blocks.11.0.skip_connection.weight",
        "first_stage_model.encoder.down.0.downsample.conv.weight",
        "first_stage_model.decoder.up.3.upsample.conv.weight",
        "first_stage_model.decoder.mid.attn_1.proj_out.weight",
        "first_stage_model.post_quant_conv.bias",
        "cond_stage_model.transformer.text_model.encoder.layers.11.mlp.fc2.weight",
    }


def test_the_same_random_weights_are_written_every_time(checkpoint: Path, tmp_path: Path) -> None:
    random_weights.write(Architecture("tiny"), tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == checkpoint.read_bytes()


def test_loading_reaches_for_no_network(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("the network was reached for")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    Pipeline.load(checkpoint, "tiny", "")


@pytest.mark.parametrize("damage", [None, torch.zeros(3, dtype=torch.float16)], ids=["missing", "of another shape"])
def test_a_checkpoint_with_a_wrong_tensor_is_refused(checkpoint: Path, tmp_path: Path, damage: Any) -> None:
    tensors = load_file(checkpoint)
    tensors["model.diffusion_model.out.0.bias"] = damage
    path = tmp_path / "damaged.safetensors"
    save_file({name: tensor for name, tensor in tensors.items() if tensor is not None}, path)
    with pytest.raises(UnusableCheckpoint, match=r"incomplete.* Choose another"):
        Pipeline.load(path, "damaged", "")


def test_what_training_left_in_a_checkpoint_does_no_harm(checkpoint: Path, tmp_path: Path, pipeline: Pipeline) -> None:
    left = {
        "cond_stage_model.transformer.text_model.embeddings.position_ids": torch.arange(77)[None],
        "alphas_cumprod": torch.ones(1000),
        "model_ema.decay": torch.ones(()),
    }
    path = tmp_path / "with_more.safetensors"
    save_file(load_file(checkpoint) | left, path)
    (drawn,) = draw(Pipeline.load(path, "with more", ""))
    assert np.array_equal(pixels(drawn), pixels(*draw(pipeline)))


def test_the_same_seed_gives_the_same_picture(pipeline: Pipeline) -> None:
    (first,), (second,) = draw(pipeline), draw(pipeline)
    assert first.seed == second.seed == 7
    assert first.image.tobytes() == second.image.tobytes()


def test_a_picture_is_noise_and_neither_flat_nor_clipped(pipeline: Pipeline) -> None:
    (drawn,) = draw(pipeline)
    assert 10 < pixels(drawn).std() < 100


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 8},
        {"steps": 3},
        {"prompt": "a blue square"},
        {"negative_prompt": "blurry"},
        {"cfg_scale": 1},
        {"cfg_scale": 8.5},
    ],
    ids=str,
)
def test_every_parameter_changes_the_picture(pipeline: Pipeline, change: dict[str, Any]) -> None:
    (plain,), (changed,) = draw(pipeline), draw(pipeline, **change)
    assert plain.image.tobytes() != changed.image.tobytes()


def test_without_guidance_the_negative_prompt_counts_for_nothing(pipeline: Pipeline) -> None:
    (plain,), (negative,) = draw(pipeline, cfg_scale=1), draw(pipeline, cfg_scale=1, negative_prompt="blurry")
    assert plain.image.tobytes() == negative.image.tobytes()


def test_a_seed_of_minus_one_draws_one_and_reports_it(pipeline: Pipeline) -> None:
    (first,), (second,) = draw(pipeline, seed=-1), draw(pipeline, seed=-1)
    assert first.seed != second.seed
    assert f"Seed: {first.seed}," in first.infotext
    assert draw(pipeline, seed=first.seed)[0].image.tobytes() == first.image.tobytes()


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_picture_is_the_same_in_a_batch_and_alone(pipeline: Pipeline, sampler: Sampler) -> None:
    together = draw(pipeline, batch_size=2, n_iter=2, sampler_name=sampler)
    assert [each.seed for each in together] == [7, 8, 9, 10]
    (alone,) = draw(pipeline, seed=10, sampler_name=sampler)
    assert abs(pixels(together[3]) - pixels(alone)).max() <= 2  # of 255: sums of floats in another order


def test_seeds_start_again_after_the_largest(pipeline: Pipeline) -> None:
    assert [each.seed for each in draw(pipeline, seed=2**32 - 1, batch_size=2)] == [2**32 - 1, 0]


def test_each_batch_is_handed_over_before_the_next_is_drawn(pipeline: Pipeline) -> None:
    shares: list[float] = []
    batches = pipeline.draw(order(batch_size=2, n_iter=2), shares.append)
    assert len(next(batches)) == 2
    assert shares == [0.25, 0.5]
    assert len(next(batches)) == 2
    assert next(batches, None) is None


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("steps", [1, 5])
def test_progress_rises_to_one_with_every_sampler(pipeline: Pipeline, sampler: Sampler, steps: int) -> None:
    shares: list[float] = []
    drawn = list(pipeline.draw(order(sampler_name=sampler, steps=steps, n_iter=2), shares.append))
    assert len(drawn) == 2
    assert shares == pytest.approx([step / (2 * steps) for step in range(1, 2 * steps + 1)])
    assert shares[-1] == 1


def test_what_on_step_raises_stops_the_drawing_at_once(pipeline: Pipeline) -> None:
    shares: list[float] = []

    def stop(share: float) -> None:
        shares.append(share)
        raise KeyError("cancelled")

    with pytest.raises(KeyError, match="cancelled"):
        next(pipeline.draw(order(steps=50), stop))
    assert shares == [0.02]
    assert draw(pipeline)  # and the pipeline is none the worse


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_sampler_leaves_nothing_to_the_next(pipeline: Pipeline, checkpoint: Path, sampler: Sampler) -> None:
    fresh = Pipeline.load(checkpoint, "tiny", "")
    draw(pipeline, sampler_name=sampler)
    assert draw(pipeline, steps=5)[0].image.tobytes() == draw(fresh, steps=5)[0].image.tobytes()


def test_the_ordered_size_is_drawn_and_its_infotext_reads_back(pipeline: Pipeline) -> None:
    (drawn,) = draw(pipeline, width=96, height=72)
    with Image.open(BytesIO(png(drawn.image, drawn.infotext))) as read:
        assert read.size == (96, 72)
        assert read.info["parameters"] == (
            "a red circle\nSteps: 2, Sampler: Euler, Schedule type: Automatic, CFG scale: 7, Seed: 7, Size: 96x72, "
            "Model hash: 0123456789, Model: tiny, Version: goc-0.1.0"
        )


def test_a_prompt_past_the_models_length_is_drawn_and_not_logged(
    pipeline: Pipeline, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert draw(pipeline, prompt="secret " * 100)
    assert "secret" not in "".join([*capfd.readouterr(), caplog.text])


def test_a_picture_of_no_numbers_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    broken = {"first_stage_model.decoder.conv_out.bias": torch.full((3,), torch.nan, dtype=torch.float16)}
    path = tmp_path / "broken.safetensors"
    save_file(load_file(checkpoint) | broken, path)
    with pytest.raises(NotDrawn, match=r"NaN.* Upload it again, or choose another"):
        draw(Pipeline.load(path, "broken", ""))


def test_a_batch_too_large_for_the_gpu_says_what_to_lower(pipeline: Pipeline) -> None:
    def run_out(_: float) -> None:
        raise torch.OutOfMemoryError

    with pytest.raises(NotDrawn, match=r"too small for 4 pictures of 64x64 at once\. Order a smaller batch_size"):
        next(pipeline.draw(order(batch_size=4), run_out))
