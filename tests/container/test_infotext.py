"""What an infotext says of a picture, and that it is read back as it was written."""

import json
from typing import Any

import pytest

from container.infotext import Named
from shared.infotext import Infotext
from shared.parameters import Txt2ImgParameters
from tests.container.infotexts import MODEL, after_the_model, over, told, units

VAE = Named("vae-ft-mse", "735e4c3a447a3255760d7f86845f09f937809baa529c17370d83e4c3758f3c75")
BEFORE = "Sampler: Euler, Schedule type: Automatic, CFG scale: 7, Seed: 42, Size: 512x512, "


def test_an_infotext_reads_as_the_webui_writes_it() -> None:
    parameters = Txt2ImgParameters(
        prompt="a cat, sitting", negative_prompt="blurry", steps=20, sampler_name="Euler a", width=640, batch_size=2
    )
    assert told(parameters) == (
        "a cat, sitting\n"
        "Negative prompt: blurry\n"
        "Steps: 20, Sampler: Euler a, Schedule type: Automatic, CFG scale: 7, Seed: 42, Size: 640x512, "
        "Model hash: 6ce0161689, Model: v1-5-pruned, Version: goc-0.1.0"
    )


def test_no_negative_prompt_leaves_its_line_out() -> None:
    assert told(Txt2ImgParameters(prompt="a cat")) == f"a cat\nSteps: 50, {BEFORE}{MODEL}Version: goc-0.1.0"


@pytest.mark.parametrize(("scale", "text"), [(7, "7"), (7.5, "7.5"), (10.0, "10"), (1.05, "1.05")])
def test_a_cfg_scale_is_written_without_a_trailing_zero(scale: float, text: str) -> None:
    assert f", CFG scale: {text}, " in told(Txt2ImgParameters(cfg_scale=scale))


@pytest.mark.parametrize("name", ["a, b", "a: b", "a\nb"])
def test_a_name_with_marks_of_the_format_is_quoted(name: str) -> None:
    assert f", Model: {json.dumps(name)}, " in told(Txt2ImgParameters(), model=Named(name, ""))


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"subseed_strength": 0.25}, "Variation seed: 5, Variation seed strength: 0.25"),
        ({"seed_resize_from_w": 768, "seed_resize_from_h": 512}, "Seed resize from: 768x512"),
        ({"seed_resize_from_w": 768}, ""),
        ({"override_settings": {"CLIP_stop_at_last_layers": 2}}, "Clip skip: 2"),
        ({"override_settings": {"randn_source": "GPU"}}, ""),
        ({"override_settings": {"randn_source": "NV"}}, "RNG: NV"),
        ({"override_settings": {"randn_source": "CPU"}}, "RNG: CPU"),
        ({"override_settings": {"CLIP_stop_at_last_layers": 1}}, ""),
        ({"tiling": True}, "Tiling: True"),
        ({"denoising_strength": 0.5}, ""),  # without a second pass
        (
            {"enable_hr": True, "denoising_strength": 0.7},
            "Denoising strength: 0.7, Hires upscale: 2, Hires upscaler: Latent",
        ),
        (
            {
                "enable_hr": True,
                "hr_resize_x": 1024,
                "hr_second_pass_steps": 10,
                "hr_upscaler": "Lanczos",
                "hr_sampler_name": "LMS",
                "hr_scheduler": "Karras",
                "hr_prompt": "a dog, running",
                "hr_negative_prompt": "dull",
                "override_settings": {"CLIP_stop_at_last_layers": 2},
            },
            'Denoising strength: 0.75, Clip skip: 2, Hires sampler: LMS, Hires prompt: "a dog, running", '
            "Hires negative prompt: dull, Hires schedule type: Karras, Hires resize: 1024x0, Hires steps: 10, "
            "Hires upscaler: Lanczos",
        ),
        (
            {
                "prompt": "a dog",
                "negative_prompt": "dull",
                "scheduler": "Karras",
                "enable_hr": True,
                "hr_sampler_name": "Euler",
                "hr_scheduler": "Karras",
                "hr_prompt": "a dog",
                "hr_negative_prompt": "dull",
            },
            "Denoising strength: 0.75, Hires upscale: 2, Hires upscaler: Latent",  # nothing equal to the first pass's
        ),
    ],
    ids=lambda each: str(each)[:40],
)
def test_what_shaped_the_picture_is_told_under_the_webuis_names(fields: dict[str, Any], text: str) -> None:
    assert after_the_model(Txt2ImgParameters(**fields)) == text


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "Denoising strength: 0.75"),
        ({"denoising_strength": 1, "initial_noise_multiplier": 0.5}, "Denoising strength: 1, Noise multiplier: 0.5"),
        ({"mask_blur": 8, "inpainting_fill": 2}, "Denoising strength: 0.75"),  # without a mask
        (
            {"mask": "m", "mask_blur": 8, "inpaint_full_res_padding": 32},
            "Denoising strength: 0.75, Mask blur: 8, Inpaint area: Only masked, Masked area padding: 32, "
            "Masked content: fill",
        ),
        (
            {"mask": "m", "mask_blur": 0, "inpaint_full_res": False, "inpainting_fill": 1},
            "Denoising strength: 0.75",
        ),
        (
            {"mask": "m", "inpaint_full_res": False, "inpainting_fill": 2, "inpainting_mask_invert": 1},
            "Denoising strength: 0.75, Mask mode: Inpaint not masked, Mask blur: 4, Masked content: latent noise",
        ),
        (
            {"mask": "m", "mask_blur_x": 8, "mask_blur_y": 0, "inpaint_full_res": False, "inpainting_fill": 1},
            "Denoising strength: 0.75",  # the infotext has one number for both
        ),
        (
            {"mask": "m", "mask_blur": 0, "inpaint_full_res": False, "inpainting_fill": 3},
            "Denoising strength: 0.75, Masked content: latent nothing",
        ),
    ],
    ids=str,
)
def test_an_img2img_tells_its_strength_and_its_mask(fields: dict[str, Any], text: str) -> None:
    assert after_the_model(over(**fields)) == text


def test_everything_has_its_place() -> None:
    parameters = over(
        sampler_name="DPM2 a",
        scheduler="Beta",
        subseed_strength=0.5,
        override_settings={"CLIP_stop_at_last_layers": 2, "eta_noise_seed_delta": 1, "randn_source": "CPU"},
        tiling=True,
        mask="m",
        initial_noise_multiplier=0.5,
        eta=0.5,
        s_noise=1.01,
        **units({"enabled": True, "model": "tile"}),
    )
    networks = {"Lora hashes": "inked: 0123456789ab, bold: ba9876543210", "TI hashes": "face: 111111111111"}
    assert [*Infotext.parse(told(parameters, vae=VAE, networks=networks)).settings] == [
        *("Steps", "Sampler", "Schedule type", "CFG scale", "Seed", "Size", "Model hash", "Model", "VAE hash", "VAE"),
        *("Variation seed", "Variation seed strength", "Denoising strength", "Clip skip", "ENSD", "RNG", "Tiling"),
        *("ControlNet 0", "Mask blur", "Inpaint area", "Masked area padding", "Masked content"),
        *("Lora hashes", "TI hashes", "Noise multiplier", "Beta schedule alpha", "Beta schedule beta"),
        *("Eta", "Sigma noise", "Version"),
    ]


@pytest.mark.parametrize(
    "prompt", ["a cat", "猫, ünï", "two\nlines", "", "Steps: 3, of stone", 'say "hi", [a:b:0.5] <lora:x:1>']
)
@pytest.mark.parametrize("negative", ["", "blurry, (bad:1.2)"])
def test_what_is_written_is_read_back(prompt: str, negative: str) -> None:
    parameters = over(
        prompt=prompt,
        negative_prompt=negative,
        mask="m",
        **units({"enabled": True, "module": "canny", "model": "canny [abc]"}),
    )
    read = Infotext.parse(told(parameters, vae=Named('a "b", c', "f" * 64)))
    assert (read.prompt, read.negative_prompt) == (prompt, negative)
    assert read.settings["VAE"] == 'a "b", c'
    assert read.settings["ControlNet 0"].startswith("Module: canny, Model: canny [abc], Weight: 1.0, ")
    assert read.settings["Masked content"] == "fill"
