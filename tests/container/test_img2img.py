"""Pictures from pictures, mostly with a VAE that loses nothing but detail."""

from itertools import combinations
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from container.canvas import Canvas
from container.images import resize
from container.latents import PIXELS
from container.pipeline import Drawing, Materials, Pipeline
from tests.container.drawing import Pixels, difference, drawings, img2img, pixels, steps
from tests.container.fakes import Squares, encoded, squares


def scene(width: int = 64, height: int = 64, seed: int = 0) -> Image.Image:
    """Squares of many colours."""
    random = np.random.default_rng(seed)
    colours = random.integers(40, 215, (height // PIXELS, width // PIXELS, 3), dtype=np.uint8)
    return Image.fromarray(colours.repeat(PIXELS, axis=0).repeat(PIXELS, axis=1))


def mask(left: int, top: int, right: int, bottom: int, size: tuple[int, int] = (64, 64)) -> Image.Image:
    image = Image.new("L", size)
    image.paste(255, (left, top, right, bottom))
    return image


def drawn_over(
    pipeline: Pipeline, *images: Image.Image, mask: Image.Image | None = None, vae: bool = False, **fields: Any
) -> list[Drawing]:
    """Draw the order, with the checkpoint's own VAE if `vae`."""
    named = {"init_images": [f"{place}" for place in range(len(images))], "mask": "m" if mask else None}
    order = img2img(**{"cfg_scale": 1, "steps": 4} | named | fields)
    canvases = [Canvas.stretch(image, mask, order) for image in images]
    replaced = None if vae else squares(pipeline).vae
    return drawings(pipeline, order, Materials(canvases=canvases, vae=replaced))


def over(pipeline: Pipeline, image: Image.Image, **options: Any) -> Pixels:
    (drawing,) = drawn_over(pipeline, image, **options)
    return pixels(drawing)


def as_pixels(image: Image.Image) -> Pixels:
    return np.asarray(image, dtype=np.int64)


@pytest.mark.parametrize("sampler", ["Euler", "DPM++ 2M SDE", "DPM fast", "DPM adaptive", "DDIM", "UniPC"])
def test_the_larger_the_strength_the_farther_from_the_first_picture(pipeline: Pipeline, sampler: str) -> None:
    first = as_pixels(scene())
    strengths = [0, 0.3, 0.6, 1]
    far = [
        difference(over(pipeline, scene(), sampler_name=sampler, steps=10, denoising_strength=strength), first)
        for strength in strengths
    ]
    assert far[0] < 6
    assert far == sorted(far)
    assert far[-1] > 30


@pytest.mark.parametrize(
    ("sampler", "strength", "count"),
    [("Euler", 0.5, 6), ("Euler", 0, 1), ("Euler", 1, 10), ("Heun", 0.5, 6), ("DDIM", 0.5, 4), ("UniPC", 0.5, 5)],
)
def test_the_strength_is_the_share_of_the_steps_that_are_taken(
    pipeline: Pipeline, sampler: str, strength: float, count: int
) -> None:
    order = img2img(sampler_name=sampler, steps=10, denoising_strength=strength, cfg_scale=1, n_iter=2)
    told = steps(pipeline, order, Materials(canvases=[Canvas(scene())]))
    assert told == [(step, 2 * count) for step in range(1, 2 * count + 1)]


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 8},
        {"prompt": "a blue square"},
        {"initial_noise_multiplier": 0.5},
        {"sampler_name": "DDIM"},
        {"scheduler": "Karras"},
        {"denoising_strength": 0.5},
        {"subseed_strength": 0.5},
        {"tiling": True},
        {"vae": True},
    ],
    ids=str,
)
def test_every_parameter_changes_the_picture(pipeline: Pipeline, change: dict[str, Any]) -> None:
    assert difference(over(pipeline, scene()), over(pipeline, scene(), **change)) > 0.05


def test_without_its_noise_every_seed_gives_the_same_picture(pipeline: Pipeline) -> None:
    one, other = (over(pipeline, scene(), seed=seed, initial_noise_multiplier=0) for seed in (7, 8))
    assert np.array_equal(one, other)


@pytest.mark.parametrize("mode", [0, 1, 2])
def test_a_picture_of_another_ratio_is_brought_to_size(pipeline: Pipeline, mode: int) -> None:
    wide = scene(128, 64)
    expected = as_pixels(resize(wide, 64, 64, mode))
    found = over(pipeline, wide, resize_mode=mode, denoising_strength=0)
    others = [as_pixels(resize(wide, 64, 64, other)) for other in (0, 1, 2) if other != mode]
    assert all(difference(found, expected) < difference(found, other) for other in others)


def test_the_latents_of_a_picture_may_be_enlarged_in_its_place(pipeline: Pipeline) -> None:
    small = scene(32, 32)
    latent = over(pipeline, small, resize_mode=3, denoising_strength=0)
    assert latent.shape == (64, 64, 3)
    assert difference(latent, as_pixels(small.resize((64, 64)))) < 25
    assert difference(latent, over(pipeline, small, resize_mode=0, denoising_strength=0)) > 1


def test_each_picture_of_a_batch_may_have_a_first_picture_of_its_own(pipeline: Pipeline) -> None:
    first, second = scene(seed=1), scene(seed=2)
    pictures = drawn_over(pipeline, first, second, batch_size=2, n_iter=2, denoising_strength=0)
    near = [[difference(pixels(each), as_pixels(image)) < 10 for image in (first, second)] for each in pictures]
    assert near == [[True, False], [False, True]] * 2


def test_of_several_first_pictures_each_keeps_what_is_not_masked_of_it(pipeline: Pipeline) -> None:
    images = [scene(seed=1), scene(seed=2)]
    pictures = drawn_over(pipeline, *images, mask=mask(0, 0, 32, 64), batch_size=2, mask_blur=0)
    for picture, image in zip(pictures, images, strict=True):
        assert np.array_equal(pixels(picture)[:, 32:], as_pixels(image)[:, 32:])


def test_one_first_picture_serves_all(pipeline: Pipeline) -> None:
    together = drawn_over(pipeline, scene(), batch_size=2, n_iter=2, vae=True)
    assert len({each.image.tobytes() for each in together}) == 4
    assert abs(pixels(together[3]) - over(pipeline, scene(), seed=10, vae=True)).max() <= 2


@pytest.mark.parametrize("fields", [{}, {"vae": True}, {"inpainting_fill": 2, "sampler_name": "Euler a"}], ids=str)
@pytest.mark.parametrize("alone", [True, False])
def test_what_is_not_masked_stays_to_the_bit(pipeline: Pipeline, alone: bool, fields: dict[str, Any]) -> None:
    first = scene(96, 80)
    box = (24, 16, 56, 64)
    options = {"width": 96, "height": 80, "mask_blur": 0, "inpaint_full_res": alone}
    found = over(pipeline, first, mask=mask(*box, size=first.size), **options, **fields)
    masked = np.asarray(mask(*box, size=first.size)) > 0
    assert (found[~masked] == as_pixels(first)[~masked]).all()
    assert difference(found[masked], as_pixels(first)[masked]) > 5


def test_a_small_part_is_drawn_at_full_size_into_a_large_picture(pipeline: Pipeline) -> None:
    first = scene(256, 192)
    found = over(pipeline, first, mask=mask(160, 96, 192, 128, size=first.size), mask_blur=0)
    changed = (found != as_pixels(first)).any(axis=2)
    rows, columns = np.nonzero(changed)
    assert found.shape == (192, 256, 3)
    assert (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1) == (160, 96, 192, 128)


def test_where_nothing_is_masked_the_latents_stay_while_it_is_drawn(pipeline: Pipeline) -> None:
    """A soft mask shows what is drawn beneath it, which must not differ where the picture stays."""
    first = scene()
    soft = over(pipeline, first, mask=mask(0, 0, 32, 64), mask_blur=2, inpaint_full_res=False, denoising_strength=1)
    assert difference(soft[:, 40:], as_pixels(first)[:, 40:]) == 0
    assert difference(soft[:, :24], as_pixels(first)[:, :24]) > 20


@pytest.mark.parametrize("sampler", ["Euler", "DDIM"])
def test_latents_that_are_not_masked_stay_to_the_bit(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, sampler: str
) -> None:
    """Also with a sampler that does not end without noise."""
    decoded: list[Tensor] = []
    decode = Squares.decode

    def keep(vae: Squares, latents: Tensor) -> list[Image.Image]:
        decoded.append(latents)
        return decode(vae, latents)

    monkeypatch.setattr(Squares, "decode", keep)
    over(pipeline, scene(), mask=mask(0, 0, 32, 64), mask_blur=0, inpaint_full_res=False, sampler_name=sampler)
    first = Squares(pipeline.latents.vae).encode([scene()])
    assert torch.equal(decoded[0][..., 4:], first[..., 4:])
    assert not torch.allclose(decoded[0][..., :4], first[..., :4], atol=0.1)


def test_the_four_fills_differ(pipeline: Pipeline) -> None:
    half = mask(16, 16, 48, 48)
    pictures = [
        over(pipeline, scene(), mask=half, inpainting_fill=fill, inpaint_full_res=False, denoising_strength=0.5)
        for fill in range(4)
    ]
    assert all(difference(first, second) > 0.1 for first, second in combinations(pictures, 2))


@pytest.mark.parametrize("fill", [0, 2, 3])
def test_the_vae_is_shown_the_surroundings_in_place_of_what_is_to_be_drawn_anew(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, fill: int
) -> None:
    """Even if latents of noise or nothing take its place, since the VAE looks across the mask's edge."""
    seen = encoded(monkeypatch)
    first, hole = Image.new("RGB", (64, 64), "red"), mask(16, 16, 48, 48)
    first.paste((0, 0, 255), (16, 16, 48, 48))
    for each in (fill, 1):
        over(pipeline, first, mask=hole, inpainting_fill=each, inpaint_full_res=False, mask_blur=0)
    filled, itself = map(as_pixels, seen)
    assert filled[..., 2].max() < 40
    assert np.array_equal(itself, as_pixels(first))


@pytest.mark.parametrize("fields", [{"n_iter": 2}, {"subseed_strength": 0.5}], ids=str)
def test_a_fill_of_noise_is_that_of_the_first_batch_without_variation(
    pipeline: Pipeline, fields: dict[str, Any]
) -> None:
    options: dict[str, Any] = {"inpainting_fill": 2, "inpaint_full_res": False, "initial_noise_multiplier": 0}
    half = mask(16, 16, 48, 48)
    pictures = drawn_over(pipeline, scene(), mask=half, **options, **fields)
    assert all(np.array_equal(pixels(each), over(pipeline, scene(), mask=half, **options)) for each in pictures)
    assert difference(pixels(pictures[0]), over(pipeline, scene(), mask=half, seed=8, **options)) > 1


def test_a_fill_of_noise_is_of_the_source_that_is_chosen(pipeline: Pipeline) -> None:
    options: dict[str, Any] = {"inpainting_fill": 2, "inpaint_full_res": False, "initial_noise_multiplier": 0}
    card, same, cpu = (
        over(pipeline, scene(), mask=mask(16, 16, 48, 48), override_settings={"randn_source": source}, **options)
        for source in ("GPU", "NV", "CPU")
    )
    assert np.array_equal(card, same)
    assert difference(card, cpu) > 1


def test_of_no_strength_a_fill_is_all_there_is_to_see(pipeline: Pipeline) -> None:
    """Latents of nothing are grey; those of noise have any colour."""
    options: dict[str, Any] = {"inpaint_full_res": False, "denoising_strength": 0, "mask_blur": 0}
    half = mask(16, 16, 48, 48)
    filled = [over(pipeline, scene(), mask=half, inpainting_fill=fill, **options)[16:48, 16:48] for fill in range(4)]
    original = as_pixels(scene())[16:48, 16:48]
    assert difference(filled[1], original) < 6
    assert abs(filled[3] - 127).mean() < 6
    assert filled[2].std() > 60
    assert filled[0].std() < original.std()


@pytest.mark.parametrize("mode", [0, 1, 2, 3])
@pytest.mark.parametrize("fill", [0, 1])
def test_a_masked_picture_of_another_size_is_brought_to_size(pipeline: Pipeline, mode: int, fill: int) -> None:
    first = scene(100, 76)
    found = over(
        pipeline,
        first,
        mask=mask(0, 0, 50, 76, size=first.size),
        inpaint_full_res=False,
        resize_mode=mode,
        inpainting_fill=fill,
        mask_blur=0,
    )
    assert found.shape == (64, 64, 3)
    assert (found[:, 40:] == as_pixels(resize(first, 64, 64, mode))[:, 40:]).all()
